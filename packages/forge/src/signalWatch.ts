/**
 * Listens once to a signal however many requests share it: a node passes one signal with all it pushes, and a thousand
 * listeners on it would be a thousand closures and a warning.
 */
export class SignalWatch {
  readonly #callbacks = new Map<AbortSignal, Set<() => void>>();

  /** @returns stops the watching */
  watch(signal: AbortSignal, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(signal) ?? this.#listen(signal);
    callbacks.add(callback);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0) this.#forget(signal);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const callbacks = new Set<() => void>();
    this.#callbacks.set(signal, callbacks);
    signal.addEventListener("abort", this.#onAbort);
    return callbacks;
  }

  #forget(signal: AbortSignal): void {
    this.#callbacks.delete(signal);
    signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (event: Event): void => {
    const signal = event.target as AbortSignal;
    const callbacks = [...(this.#callbacks.get(signal) ?? [])];
    this.#forget(signal);
    for (const callback of callbacks) callback();
  };
}
