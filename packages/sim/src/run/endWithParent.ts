/**
 * A worker process whose parent is gone, however it went, has nobody to work for: it ends as soon as it looks up. So what
 * takes long gives way to other events from time to time.
 */
export function endWithParent(): void {
  process.once("disconnect", () => process.exit());
}
