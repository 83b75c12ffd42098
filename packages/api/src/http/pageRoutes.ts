import type { ApiInstance } from "../server/apiContext.js";

/** One file of a page, as a browser gets it. */
export interface PageFile {
  /** Media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A page by the paths of its files below `/page/`; "" is the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Own files only, from this address only: nothing that a peer or a client sent can become a script. */
const CONTENT_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Serves a page from memory: only its own paths exist, so no path can lead out of it. */
export function pageRoutes(app: ApiInstance, files: PageFiles): void {
  for (const [path, { type, bytes }] of files) {
    app.get(`/page/${path}`, { schema: { hide: true } }, (_request, reply) => {
      void reply.header("content-security-policy", CONTENT_POLICY).header("x-content-type-options", "nosniff");
      return reply.type(type).send(bytes);
    });
  }
}
