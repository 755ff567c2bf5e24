import type { CreationOptional, InferAttributes, InferCreationAttributes, Model, Sequelize } from 'sequelize'
import { define, flag, id, instant, int, json, long, text } from './columns.ts'

export interface EndpointModel extends Model<InferAttributes<EndpointModel>, InferCreationAttributes<EndpointModel>> {
  id: string
  bridge: string
  name: string
  /** Sealed (actions/secrets.ts). */
  secrets: CreationOptional<string | null>
  createdAt: number
  archivedAt: CreationOptional<number | null>
}

export interface ChannelModel extends Model<InferAttributes<ChannelModel>, InferCreationAttributes<ChannelModel>> {
  id: string
  name: string
  slug: string
  bridge: string
  channelType: string
  endpointId: CreationOptional<string | null>
  /** Provider identity. */
  identity: CreationOptional<string | null>
  /** What customers see. */
  address: CreationOptional<string | null>
  destinationType: CreationOptional<'agent' | 'queue' | 'menu' | 'none'>
  destinationId: CreationOptional<string | null>
  enabled: CreationOptional<boolean>
  settings: Record<string, unknown>
  /** Sealed (actions/secrets.ts). */
  secrets: CreationOptional<string | null>
  options: CreationOptional<Record<string, unknown> | null>
  avatarMediaId: CreationOptional<string | null>
  ownerUserId: CreationOptional<string | null>
  inboundMode: CreationOptional<string>
  status: CreationOptional<string>
  statusCode: CreationOptional<string | null>
  statusAction: CreationOptional<string | null>
  statusSince: number
  statusUntil: CreationOptional<number | null>
  lastInboundAt: CreationOptional<number | null>
  lastOutboundAt: CreationOptional<number | null>
  lastError: CreationOptional<string | null>
  /** Why its outbox stands still, until somebody acts. */
  parkedCode: CreationOptional<string | null>
  /** Grows with each change of its configuration: running bridges are reopened. */
  revision: CreationOptional<number>
  createdAt: number
  updatedAt: number
  archivedAt: CreationOptional<number | null>
}

export interface ChannelLogModel extends Model<InferAttributes<ChannelLogModel>, InferCreationAttributes<ChannelLogModel>> {
  id: string
  channelId: CreationOptional<string | null>
  endpointId: CreationOptional<string | null>
  at: number
  direction: 'in' | 'out'
  summary: string
  status: CreationOptional<number | null>
  durationMs: CreationOptional<number | null>
  request: CreationOptional<Record<string, unknown> | null>
  response: CreationOptional<Record<string, unknown> | null>
}

export const defineChannels = (sequelize: Sequelize) => ({
  endpoints: define<EndpointModel>(sequelize, 'endpoints', {
    id,
    bridge: text,
    name: text,
    secrets: long,
    createdAt: instant,
    archivedAt: instant,
  }),
  channels: define<ChannelModel>(sequelize, 'channels', {
    id,
    name: text,
    slug: text,
    bridge: text,
    channelType: text,
    endpointId: text,
    identity: text,
    address: text,
    destinationType: { ...text, defaultValue: 'none' },
    destinationId: text,
    enabled: flag('enabled', true),
    settings: json('settings'),
    secrets: long,
    options: json('options'),
    avatarMediaId: text,
    ownerUserId: text,
    inboundMode: { ...text, defaultValue: 'normal' },
    status: { ...text, defaultValue: 'unlinked' },
    statusCode: text,
    statusAction: text,
    statusSince: instant,
    statusUntil: instant,
    lastInboundAt: instant,
    lastOutboundAt: instant,
    lastError: long,
    parkedCode: text,
    revision: { ...int, defaultValue: 1 },
    createdAt: instant,
    updatedAt: instant,
    archivedAt: instant,
  }),
  channelLog: define<ChannelLogModel>(sequelize, 'channel_log', {
    id,
    channelId: text,
    endpointId: text,
    at: instant,
    direction: text,
    summary: long,
    status: int,
    durationMs: int,
    request: json('request'),
    response: json('response'),
  }),
})
