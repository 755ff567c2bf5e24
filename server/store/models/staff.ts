import type { CreationOptional, InferAttributes, InferCreationAttributes, Model, Sequelize } from 'sequelize'
import { define, flag, id, instant, int, json, text } from './columns.ts'

export interface UserModel extends Model<InferAttributes<UserModel>, InferCreationAttributes<UserModel>> {
  id: string
  role: 'agent' | 'supervisor' | 'admin'
  /** Lower case, as is the e-mail address. */
  username: string
  email: CreationOptional<string | null>
  name: string
  passwordHash: CreationOptional<string | null>
  mustChangePassword: CreationOptional<boolean>
  enabled: CreationOptional<boolean>
  alsoAgent: CreationOptional<boolean>
  /** 0: unlimited; null: the setting `agents.defaultMaxChats`. */
  maxChats: CreationOptional<number | null>
  profileId: CreationOptional<string | null>
  avatarMediaId: CreationOptional<string | null>
  preferences: CreationOptional<Record<string, unknown> | null>
  createdAt: number
  updatedAt: number
  archivedAt: CreationOptional<number | null>
}

export interface ProfileModel extends Model<InferAttributes<ProfileModel>, InferCreationAttributes<ProfileModel>> {
  id: string
  name: string
  createdAt: number
  archivedAt: CreationOptional<number | null>
}

export interface GrantModel extends Model<InferAttributes<GrantModel>, InferCreationAttributes<GrantModel>> {
  subjectKind: 'user' | 'profile'
  subjectId: string
  permission: string
  allowed: boolean
}

/** Only its birth and its end are catalogue work; presence, pause and load are changed by raw SQL under the row's lock. */
export interface AgentModel extends Model<InferAttributes<AgentModel>, InferCreationAttributes<AgentModel>> {
  agentId: string
  presence: CreationOptional<'online' | 'offline'>
  presenceSince: number
  chatLoad: CreationOptional<number>
}

export interface PauseReasonModel extends Model<InferAttributes<PauseReasonModel>, InferCreationAttributes<PauseReasonModel>> {
  id: string
  code: string
  name: string
  active: CreationOptional<boolean>
  productive: CreationOptional<boolean>
  maxMinutes: CreationOptional<number | null>
  createdAt: number
  archivedAt: CreationOptional<number | null>
}

export const defineStaff = (sequelize: Sequelize) => ({
  users: define<UserModel>(sequelize, 'users', {
    id,
    role: text,
    username: text,
    email: text,
    name: text,
    passwordHash: text,
    mustChangePassword: flag('mustChangePassword', false),
    enabled: flag('enabled', true),
    alsoAgent: flag('alsoAgent', false),
    maxChats: int,
    profileId: text,
    avatarMediaId: text,
    preferences: json('preferences'),
    createdAt: instant,
    updatedAt: instant,
    archivedAt: instant,
  }),
  profiles: define<ProfileModel>(sequelize, 'permission_profiles', { id, name: text, createdAt: instant, archivedAt: instant }),
  grants: define<GrantModel>(sequelize, 'permission_grants', {
    subjectKind: { ...text, primaryKey: true },
    subjectId: { ...text, primaryKey: true },
    permission: { ...text, primaryKey: true },
    allowed: flag('allowed', true),
  }),
  agents: define<AgentModel>(sequelize, 'agents', {
    agentId: id,
    presence: { ...text, defaultValue: 'offline' },
    presenceSince: instant,
    chatLoad: { ...int, defaultValue: 0 },
  }),
  pauseReasons: define<PauseReasonModel>(sequelize, 'pause_reasons', {
    id,
    code: text,
    name: text,
    active: flag('active', true),
    productive: flag('productive', false),
    maxMinutes: int,
    createdAt: instant,
    archivedAt: instant,
  }),
})
