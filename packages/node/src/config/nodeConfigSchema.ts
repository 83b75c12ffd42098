import { allowedOf, CONFIG_FIELDS, type ConfigField, environmentNameOf } from "./configFields.js";

const ADDRESS_PATTERN = "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$";

/** JSON Schema (2020-12) of node.yaml, for editors; published as node.schema.json. */
export function nodeConfigSchema(): object {
  const properties: Record<string, object> = {};
  const required = new Set<string>();
  for (const field of CONFIG_FIELDS as readonly ConfigField[]) {
    const [first = "", second] = field.path.split(".");
    if (second === undefined) {
      properties[first] = fieldSchema(field);
      continue;
    }
    const section = (properties[first] ??= {
      type: "object",
      additionalProperties: false,
      properties: {},
    }) as SectionSchema;
    section.properties[second] = fieldSchema(field);
    if (field.preset !== null) continue;
    required.add(first);
    section.required = [...(section.required ?? []), second];
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Sealwright node configuration",
    type: "object",
    additionalProperties: false,
    required: [...required],
    properties: { ...properties, peers: peersSchema() },
  };
}

interface SectionSchema {
  readonly properties: Record<string, object>;
  required?: string[];
}

function fieldSchema({ path, kind, preset, about }: ConfigField): object {
  const description = `${about} Environment: ${environmentNameOf(path)}.`;
  const common = { type: "string", description, ...(preset === null ? {} : { default: preset }) };
  switch (kind.type) {
    case "count":
      return { type: "integer", description, default: Number(preset), minimum: kind.min, maximum: kind.max };
    case "path":
      return { ...common, minLength: 1 };
    case "address":
      return { ...common, pattern: ADDRESS_PATTERN, examples: ["127.0.0.1:8600"] };
    case "url":
      return { ...common, pattern: "^(https?://.*)?$", examples: ["https://keeper.example.org/api"] };
    case "signerUrl":
      return { ...common, pattern: "^((https?|tcp)://.+|unix:.+)?$", examples: ["http://127.0.0.1:6732"] };
    case "optionalPath":
      return common;
    case "choice":
      return { ...common, enum: [...kind.values] };
  }
}

function peersSchema(): object {
  return {
    type: "array",
    description: `The other keepers; their keys come from the genesis document. Environment: ${environmentNameOf("peers")}.`,
    items: {
      type: "object",
      additionalProperties: false,
      required: ["id", "address"],
      properties: {
        id: { type: "string", pattern: "^[0-9a-f]{64}$" },
        address: { type: "string", pattern: ADDRESS_PATTERN, description: allowedOf({ type: "address" }) },
        api: {
          type: "string",
          pattern: "^https?://",
          description: "Where clients reach this keeper's HTTP API: they are sent there when they look for it.",
          examples: ["http://10.0.0.7:8600"],
        },
      },
    },
  };
}
