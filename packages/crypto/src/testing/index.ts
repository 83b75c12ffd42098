export { FAKE_BLS_KEY_PREFIX, fakeBls } from "./fakeBls.js";
