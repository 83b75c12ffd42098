import { Session } from "node:inspector";

const HANDLE = "__sealwrightProbe";
const GROUP = "privateFields";

/** Reads what classes keep private, which only a debugger can: to measure it, never to use it. */
export class PrivateFields {
  readonly #session = new Session();
  readonly #handed: { value: object | null } = { value: null };

  constructor() {
    this.#session.connect();
    Object.defineProperty(globalThis, HANDLE, { value: this.#handed, configurable: true });
  }

  /** @returns name and value of every private field of the object that holds an object */
  of(object: object): readonly (readonly [name: string, value: object])[] {
    const fields: (readonly [string, object])[] = [];
    this.#handed.value = object;
    // In the same thread each answer comes before its call returns.
    this.#session.post(
      "Runtime.evaluate",
      { expression: `${HANDLE}.value`, objectGroup: GROUP },
      (_error, { result: { objectId } }) => {
        if (objectId === undefined) return;
        this.#session.post("Runtime.getProperties", { objectId, ownProperties: true }, (_failed, answer) => {
          const { privateProperties = [] } = answer as { privateProperties?: PrivateProperty[] };
          for (const { name, value } of privateProperties) {
            const field = value?.objectId === undefined ? null : this.#objectOf(value.objectId);
            if (field !== null) fields.push([name, field]);
          }
        });
      },
    );
    this.#session.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
    this.#handed.value = null;
    return fields;
  }

  close(): void {
    this.#session.disconnect();
    Reflect.deleteProperty(globalThis, HANDLE);
  }

  #objectOf(objectId: string): object | null {
    this.#handed.value = null;
    const functionDeclaration = `function () { ${HANDLE}.value = this; }`;
    this.#session.post("Runtime.callFunctionOn", { objectId, functionDeclaration });
    return this.#handed.value;
  }
}

interface PrivateProperty {
  readonly name: string;
  readonly value?: { readonly objectId?: string };
}
