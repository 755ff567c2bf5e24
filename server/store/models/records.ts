import type { CreationOptional, InferAttributes, InferCreationAttributes, Model, Sequelize } from 'sequelize'
import { define, id, instant, int, json, long, text } from './columns.ts'

export interface SettingModel extends Model<InferAttributes<SettingModel>, InferCreationAttributes<SettingModel>> {
  /** global, channel:<id> or queue:<id>. */
  scope: string
  name: string
  value: unknown
  updatedAt: number
  updatedBy: CreationOptional<string | null>
}

export interface AuditModel extends Model<InferAttributes<AuditModel>, InferCreationAttributes<AuditModel>> {
  id: string
  at: number
  actorKind: string
  actorId: CreationOptional<string | null>
  actorName: string
  action: string
  subjectKind: CreationOptional<string | null>
  subjectId: CreationOptional<string | null>
  address: CreationOptional<string | null>
  before: CreationOptional<Record<string, unknown> | null>
  after: CreationOptional<Record<string, unknown> | null>
}

export interface JobModel extends Model<InferAttributes<JobModel>, InferCreationAttributes<JobModel>> {
  id: string
  kind: string
  data: Record<string, unknown>
  authorKind: string
  authorId: CreationOptional<string | null>
  state: string
  attempts: CreationOptional<number>
  maxAttempts: CreationOptional<number>
  runAt: number
  progress: CreationOptional<Record<string, unknown> | null>
  error: CreationOptional<string | null>
  createdAt: number
  finishedAt: CreationOptional<number | null>
}

export interface MetaModel extends Model<InferAttributes<MetaModel>, InferCreationAttributes<MetaModel>> {
  name: string
  value: string
}

export const defineRecords = (sequelize: Sequelize) => ({
  meta: define<MetaModel>(sequelize, 'meta', { name: { ...text, primaryKey: true }, value: long }),
  settings: define<SettingModel>(sequelize, 'settings', {
    scope: { ...text, primaryKey: true },
    name: { ...text, primaryKey: true },
    value: jsonValue(),
    updatedAt: instant,
    updatedBy: text,
  }),
  audit: define<AuditModel>(sequelize, 'audit', {
    id,
    at: instant,
    actorKind: text,
    actorId: text,
    actorName: text,
    action: text,
    subjectKind: text,
    subjectId: text,
    address: text,
    before: json('before'),
    after: json('after'),
  }),
  jobs: define<JobModel>(sequelize, 'jobs', {
    id,
    kind: text,
    data: json('data'),
    authorKind: text,
    authorId: text,
    state: text,
    attempts: { ...int, defaultValue: 0 },
    maxAttempts: { ...int, defaultValue: 5 },
    runAt: instant,
    progress: json('progress'),
    error: long,
    createdAt: instant,
    finishedAt: instant,
  }),
})

/** A setting's value may be null itself, and the column may not. */
function jsonValue(): ReturnType<typeof json> {
  return {
    ...json('value'),
    set(this: Model, value: unknown) {
      this.setDataValue('value', JSON.stringify(value ?? null))
    },
  }
}
