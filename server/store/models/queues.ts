import { DataTypes, type CreationOptional, type InferAttributes, type InferCreationAttributes, type Model, type Sequelize } from 'sequelize'
import { define, id, instant, int, json, long, text } from './columns.ts'

/** Texts by language, as domain/settings.ts has them. */
type Texts = Record<string, string>

export interface QueueModel extends Model<InferAttributes<QueueModel>, InferCreationAttributes<QueueModel>> {
  id: string
  name: string
  slug: string
  description: string
  avatarMediaId: CreationOptional<string | null>
  mode: CreationOptional<'join' | 'invite' | null>
  strategy: CreationOptional<'turns' | 'longest-idle' | 'fewest' | 'linear' | 'all' | null>
  widenAfter: CreationOptional<number | null>
  inviteTimeout: CreationOptional<number | null>
  totalTimeout: CreationOptional<number | null>
  weight: CreationOptional<number>
  maxWaiting: CreationOptional<number>
  maxWait: CreationOptional<number>
  overflow: CreationOptional<{ type: 'queue' | 'menu'; id: string } | null>
  wrapUp: CreationOptional<number>
  messages: CreationOptional<{ waiting?: Texts; join?: Texts; transfer?: Texts; resolve?: Texts } | null>
  createdAt: number
  updatedAt: number
  archivedAt: CreationOptional<number | null>
}

export interface QueueTurnModel extends Model<InferAttributes<QueueTurnModel>, InferCreationAttributes<QueueTurnModel>> {
  queueId: string
  pointer: CreationOptional<number>
}

export interface MembershipModel extends Model<InferAttributes<MembershipModel>, InferCreationAttributes<MembershipModel>> {
  id: CreationOptional<number>
  queueId: string
  agentId: string
  /** Tier, 1 (first) to 9. */
  priority: CreationOptional<number>
  createdAt: number
}

export const defineQueues = (sequelize: Sequelize) => ({
  queues: define<QueueModel>(sequelize, 'queues', {
    id,
    name: text,
    slug: text,
    description: long,
    avatarMediaId: text,
    mode: text,
    strategy: text,
    widenAfter: int,
    inviteTimeout: int,
    totalTimeout: int,
    weight: { ...int, defaultValue: 1 },
    maxWaiting: { ...int, defaultValue: 0 },
    maxWait: { ...int, defaultValue: 0 },
    overflow: json('overflow'),
    wrapUp: { ...int, defaultValue: 0 },
    messages: json('messages'),
    createdAt: instant,
    updatedAt: instant,
    archivedAt: instant,
  }),
  queueTurns: define<QueueTurnModel>(sequelize, 'queue_turns', { queueId: id, pointer: { ...instant, defaultValue: 0 } }),
  memberships: define<MembershipModel>(sequelize, 'memberships', {
    id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
    queueId: text,
    agentId: text,
    priority: { ...int, defaultValue: 1 },
    createdAt: instant,
  }),
})
