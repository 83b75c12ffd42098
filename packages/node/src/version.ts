/** Of all packages of this release. */
export const SOFTWARE_VERSION = "0.1.0";
