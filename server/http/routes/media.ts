/** Files that people send (contract/chats.ts), and files shown to those who may see a chat with them. */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import multer from '@koa/multer'
import { accessMedia } from '../../actions/access.ts'
import { addMedia } from '../../actions/media.ts'
import { takeFile } from '../../adapters/fileIntake.ts'
import { DomainError } from '../../domain/errors.ts'
import { maxUploadBytes, type Context, type HttpDeps, type Routes } from '../deps.ts'
import { sessionOf } from '../middleware/session.ts'
import { serveFile } from '../serveFile.ts'
import { idIn } from './chats.ts'

export function mediaRoutes(router: Routes, { core }: HttpDeps): void {
  const receive = multer({
    storage: multer.diskStorage({ destination: tmpdir(), filename: (_request, _file, done) => done(null, `turno-upload-${core.ids.next()}`) }),
    limits: { fileSize: maxUploadBytes, files: 1, fields: 4, fieldSize: 1024, parts: 5 }, defParamCharset: 'utf8',
  } as Parameters<typeof multer>[0]).single('file')

  router.post('/app/media', async (ctx) => {
    // Before a byte is read: whoever may not write fills no disk.
    const { user } = sessionOf(ctx)
    try {
      await receive(ctx as Parameters<typeof receive>[0], async () => undefined)
    } catch (error) {
      throw refusal(error)
    }
    const { file } = ctx as Context & { file?: { path: string; originalname: string } }
    if (!file) throw new DomainError('bad_request', { field: 'file' })
    try {
      const taken = await takeFile(file.path, { storage: core.storage, maxBytes: maxUploadBytes, name: file.originalname })
      ctx.body = await addMedia(core, taken, { uploadedBy: user.id })
      ctx.status = 201
    } finally {
      await rm(file.path, { force: true })
    }
  })

  router.get('/app/media/:id', async (ctx) => {
    const media = await accessMedia(core, core.db, sessionOf(ctx).actor, idIn(ctx, 'id'))
    if (media.sha256 === null || media.state !== 'ready') throw new DomainError('media_unavailable', { state: media.state })
    await serveFile(ctx, core.storage, { sha256: media.sha256, mime: media.mime, name: media.name })
  })

  router.get('/app/media/:id/thumb', async (ctx) => {
    const media = await accessMedia(core, core.db, sessionOf(ctx).actor, idIn(ctx, 'id'))
    if (media.thumbSha256 === null) throw new DomainError('not_found')
    await serveFile(ctx, core.storage, { sha256: media.thumbSha256, mime: 'image/webp', name: `${media.name}.webp` })
  })
}

function refusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code } = error as { code?: string }
  if (error.name === 'MulterError') return code === 'LIMIT_FILE_SIZE' ? new DomainError('media_too_large', { maxBytes: maxUploadBytes }) : new DomainError('bad_request', { reason: code })
  // Not multipart, cut short, or without its boundary.
  return /multipart|boundary|unexpected end|malformed|aborted/i.test(error.message) ? new DomainError('bad_request', { reason: 'multipart' }, { cause: error }) : error
}
