/**
 * Schemas of Kafka Connect as its JSON converter writes them with `schemas.enable=true`: the member `schema` beside `payload`.
 * `version` and `parameters` only where a schema has a name.
 */
export interface ConnectSchema {
  readonly type:
    | 'boolean'
    | 'int16'
    | 'int32'
    | 'int64'
    | 'float'
    | 'double'
    | 'string'
    | 'bytes'
    | 'struct'
    | 'array'
  readonly name?: string
  readonly version?: number
  readonly parameters?: { readonly [name: string]: string }
  readonly fields?: readonly ConnectField[]
  readonly items?: ConnectSchema
  readonly optional?: boolean
}

export interface ConnectField extends ConnectSchema {
  readonly field: string
}

/** The schema as plain JSON, members in the converter's order. */
export function connectJson(schema: ConnectSchema | ConnectField): object {
  const { type, name, version, parameters, fields, items, optional } = schema
  return {
    type,
    ...(items === undefined ? {} : { items: connectJson(items) }),
    ...(fields === undefined ? {} : { fields: fields.map(connectJson) }),
    optional: optional ?? false,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(parameters === undefined ? {} : { parameters }),
    ...('field' in schema ? { field: schema.field } : {}),
  }
}
