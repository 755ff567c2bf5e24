/** The server's routes, typed by its contract. */
import type { AgentView, Appearance, Bootstrap, Preferences, SessionView, SignIn } from '../../../../server/http/contract/session.ts'
import type { Board } from '../../../../server/http/contract/agents.ts'
import type {
  ChatCounts, ChatDetail, ChatPage, ChatRow, MediaView, MessageView, ResolveChat, SendMessage, SendNote, TimelinePage, TransferChat,
} from '../../../../server/http/contract/chats.ts'
import type { DraftView, FilledReply, QuickReplyView, SaveDraft } from '../../../../server/http/contract/desk.ts'
import type { ChatFilter } from '../lib/lists.ts'
import type { Http, UploadOptions } from './http.ts'

export function createApi(http: Http) {
  const chat = (id: string) => `/app/chats/${encodeURIComponent(id)}`
  const agent = (id: string) => `/app/agents/${encodeURIComponent(id)}`
  return {
    appearance: () => http.get<Appearance>('/app/appearance'),
    session: () => http.get<SessionView>('/app/session'),
    signIn: (body: SignIn) => http.post<SessionView>('/app/session', body),
    signOut: () => http.del<void>('/app/session'),
    changePassword: (current: string, next: string) => http.post<void>('/app/session/password', { current, next }),
    savePreferences: (body: Preferences) => http.patch<void>('/app/session/preferences', body),
    bootstrap: () => http.get<Bootstrap>('/app/bootstrap'),

    chats: (filter: ChatFilter, after?: string | null) => http.get<ChatPage>('/app/chats', { ...filter, after }),
    counts: () => http.get<ChatCounts>('/app/chats/counts'),
    chat: (id: string) => http.get<ChatDetail>(chat(id)),
    timeline: (id: string, page: { before?: string | null; after?: string | null } = {}) => http.get<TimelinePage>(`${chat(id)}/timeline`, page),
    send: (id: string, body: SendMessage) => http.post<MessageView>(`${chat(id)}/messages`, body),
    note: (id: string, body: SendNote) => http.post<MessageView>(`${chat(id)}/notes`, body),
    resend: (id: string, messageId: string) => http.post<MessageView>(`${chat(id)}/messages/${encodeURIComponent(messageId)}/resend`),
    discard: (id: string, messageId: string) => http.post<MessageView>(`${chat(id)}/messages/${encodeURIComponent(messageId)}/discard`),
    react: (id: string, messageId: string, emoji: string | null) => http.put<MessageView>(`${chat(id)}/messages/${encodeURIComponent(messageId)}/reaction`, { emoji }),
    read: (id: string) => http.post<void>(`${chat(id)}/read`),
    /** `leaving`: the page is going away and the answer does not matter. */
    resolve: (id: string, body: ResolveChat, leaving = false) =>
      http.post<ChatRow>(`${chat(id)}/resolve`, body, leaving ? { keepalive: true } : {}),
    transfer: (id: string, body: TransferChat) => http.post<ChatRow>(`${chat(id)}/transfer`, body),
    acceptOffer: (id: string) => http.post<{ chatId: string }>(`/app/offers/${encodeURIComponent(id)}/accept`),
    declineOffer: (id: string) => http.post<void>(`/app/offers/${encodeURIComponent(id)}/decline`),
    drafts: () => http.get<{ items: DraftView[] }>('/app/drafts'),
    saveDraft: (id: string, body: SaveDraft) => http.put<void>(`${chat(id)}/draft`, body),
    quickReplies: () => http.get<{ items: QuickReplyView[] }>('/app/quick-replies'),
    fillReply: (id: string, replyId: string) => http.post<FilledReply>(`${chat(id)}/quick-replies/${encodeURIComponent(replyId)}/fill`),
    upload: (file: File, options?: UploadOptions) => http.upload<MediaView>('/app/media', file, options),

    pause: (reasonId: string) => http.post<AgentView>('/app/pause', { reasonId }),
    unpause: () => http.del<AgentView>('/app/pause'),
    pauseAgent: (id: string, reasonId: string) => http.post<AgentView>(`${agent(id)}/pause`, { reasonId }),
    unpauseAgent: (id: string) => http.del<AgentView>(`${agent(id)}/pause`),
    signOutAgent: (id: string) => http.post<void>(`${agent(id)}/sign-out`),
    board: () => http.get<Board>('/app/board'),
  }
}
export type Api = ReturnType<typeof createApi>

export const mediaUrl = (id: string): string => `/app/media/${encodeURIComponent(id)}`
export const thumbUrl = (id: string): string => `${mediaUrl(id)}/thumb`
