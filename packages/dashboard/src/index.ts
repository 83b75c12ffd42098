export { readPage } from "./readPage.js";
