/** Of questions asked one after the other only the last one's answer is taken, in whatever order answers come. */
export class LatestAnswer<T> {
  #asked = 0;

  ask(
    answer: Promise<T>,
    take: { readonly value: (value: T) => void; readonly error: (error: unknown) => void },
  ): void {
    const mine = ++this.#asked;
    answer.then(
      (value) => {
        if (mine === this.#asked) take.value(value);
      },
      (error: unknown) => {
        if (mine === this.#asked) take.error(error);
      },
    );
  }
}
