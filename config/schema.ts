/**
 * Everything that is configured per process. What the company decides (hours, texts, limits) is in the database's settings.
 * The default of each key is in default.yaml; its name in the environment is TURNO_ and the path, `http.maxBody` → TURNO_HTTP_MAX_BODY.
 */
import { isIP } from 'node:net'
import { z } from 'zod'

/** `whole`: never shown. `url`: shown without its password. */
export type Secrecy = 'whole' | 'url'

const units = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const

/** Bytes, as a number or as `16mb`. */
const size = z.union([z.int().positive(), z.string().regex(/^\d+ ?(b|kb|mb|gb)$/i, 'must be bytes, like 1048576 or 1mb').transform((text) => {
  const [, count, unit] = /^(\d+) ?(\w+)$/.exec(text.toLowerCase()) as unknown as [string, string, keyof typeof units]
  return Number(count) * units[unit]
})])
const port = z.int().min(0).max(65535)
const many = z.int().min(1).max(1000)
const url = (schemes: readonly string[], example: string) => z.string().refine(
  (text) => schemes.some((scheme) => text.startsWith(scheme)) && (text.startsWith('sqlite:') ? text.length > 7 : URL.canParse(text)), `must be like ${example}`)
const network = z.string().refine((text) => {
  const [address = '', bits, ...rest] = text.split('/')
  const longest = isIP(address) === 4 ? 32 : 128
  return isIP(address) !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
}, 'must be an address or a network, like 10.0.0.0/8')
const secret = (kind: Secrecy) => ({ secret: kind })

export const schema = z.strictObject({
  dataDir: z.string().min(1),
  database: z.strictObject({
    url: url(['sqlite:', 'mysql://'], 'sqlite:/path/turno.db or mysql://user:password@host:3306/name').meta(secret('url')),
    pool: many,
  }),
  sqlite: z.strictObject({
    synchronous: z.enum(['full', 'normal']),
  }),
  redis: z.strictObject({
    url: url(['redis://', 'rediss://'], 'redis://host:6379/0').nullable().meta(secret('url')),
    prefix: z.string().regex(/^[\w-]+$/, 'must be letters, digits, - and _'),
  }),
  http: z.strictObject({
    host: z.string().min(1),
    port,
    publicUrl: url(['http://', 'https://'], 'https://chat.example.com').transform((text) => text.replace(/\/+$/, '')).nullable(),
    trustedProxies: z.array(network),
    maxBody: size,
    cookie: z.strictObject({
      name: z.string().regex(/^[\w-]+$/, 'must be letters, digits, - and _'),
      secure: z.union([z.boolean(), z.literal('auto')]),
      sameSite: z.enum(['lax', 'strict']),
    }),
  }),
  log: z.strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    pretty: z.union([z.boolean(), z.literal('auto')]),
  }),
  secrets: z.strictObject({
    keyFile: z.string().min(1),
  }),
  storage: z.strictObject({
    driver: z.literal('file'),
    path: z.string().min(1),
  }),
  metrics: z.strictObject({
    token: z.string().min(16, 'must have 16 characters or more').nullable().meta(secret('whole')),
  }),
  workers: z.strictObject({
    inbox: many, outbox: many, media: many, jobs: many, menuCalls: many,
    sweepSeconds: z.int().min(1).max(3600),
  }),
  plugins: z.record(z.string(), z.record(z.string(), z.unknown())),
})

export type Config = z.output<typeof schema>

export interface Leaf {
  readonly path: string
  readonly environment: string
  readonly schema: z.ZodType
  readonly secret: Secrecy | undefined
}

/** Every key that can be set, in the order of the schema. */
export const leaves: readonly Leaf[] = leavesOf(schema, [])

function leavesOf(object: z.ZodObject, path: readonly string[]): Leaf[] {
  return Object.entries(object.shape).flatMap(([key, value]) => {
    const here = [...path, key]
    if (value instanceof z.ZodObject) return leavesOf(value, here)
    const leaf = value as z.ZodType
    return [{ path: here.join('.'), environment: environmentName(here), schema: leaf, secret: leaf.meta()?.secret as Secrecy | undefined }]
  })
}

/** The data folder is TURNO_DATA: TURNO_DATA_DIR belongs to the command-line library, for its plugins. */
function environmentName(path: readonly string[]): string {
  if (path[0] === 'dataDir') return 'TURNO_DATA'
  return ['TURNO', ...path.map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase())].join('_')
}
