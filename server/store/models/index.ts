/**
 * Models of the catalogue: what people administer, in small numbers. Inside a transaction every call takes
 * `{ transaction: tx.models }`. Generated columns are left out: the database fills them. The message path is raw SQL.
 */
import type { Sequelize } from 'sequelize'
import type { Db } from '../db.ts'
import { defineChannels } from './channels.ts'
import { defineQueues } from './queues.ts'
import { defineRecords } from './records.ts'
import { defineStaff } from './staff.ts'

export type { AgentModel, GrantModel, PauseReasonModel, ProfileModel, UserModel } from './staff.ts'
export type { MembershipModel, QueueModel, QueueTurnModel } from './queues.ts'
export type { ChannelLogModel, ChannelModel, EndpointModel } from './channels.ts'
export type { AuditModel, JobModel, MetaModel, SettingModel } from './records.ts'

export type Models = ReturnType<typeof defineModels>

/** The tables are the migrations': nothing here creates or alters one. */
export function defineModels(sequelize: Sequelize) {
  return { ...defineStaff(sequelize), ...defineQueues(sequelize), ...defineChannels(sequelize), ...defineRecords(sequelize) }
}

const defined = new WeakMap<Sequelize, Models>()

export function modelsOf(db: Db): Models {
  let models = defined.get(db.sequelize)
  if (!models) defined.set(db.sequelize, (models = defineModels(db.sequelize)))
  return models
}
