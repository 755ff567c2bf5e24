/**
 * The core of the domain. Conventions, for every table to come:
 * - ids, keys, tokens, slugs, hashes and provider ids compare byte by byte; only names that people type are
 *   `name` columns (case-insensitive). Public ids are ULIDs made by the process.
 * - instants are BIGINT milliseconds since the epoch, UTC; JSON is text.
 * - “at most one live row” is a generated column that is NULL for rows that are history, under a unique key
 *   (NULLs never collide), the same on SQLite and MariaDB/MySQL.
 * - no foreign keys on the tables of the message path: InnoDB would lock parent rows in an order of its own
 *   (docs/adr/0004-no-foreign-keys-on-the-message-path.md).
 */
import type { Migration } from '../schema.ts'

export const core: Migration = {
  name: '0001-core',
  async up(schema) {
    const { id, key, bin, name, text, longtext, json, int, bigint, instant, bool, double, blob, autoId, generated } = schema.types

    await schema.table('meta', { columns: { name: key(60), value: text() }, primary: ['name'] })

    // ------------------------------------------------------------------ staff
    await schema.table('users', {
      columns: {
        id: id(), role: key(12), username: bin(64), email: bin(190).nullable(), name: name(120),
        passwordHash: key(200).nullable(), mustChangePassword: bool().default(0), enabled: bool().default(1), alsoAgent: bool().default(0),
        maxChats: int().nullable(), profileId: id().nullable(), avatarMediaId: id().nullable(), preferences: json().nullable(),
        createdAt: instant(), updatedAt: instant(), archivedAt: instant().nullable(),
        liveUsername: generated(bin(64), 'CASE WHEN archivedAt IS NULL THEN username END'),
        liveEmail: generated(bin(190), 'CASE WHEN archivedAt IS NULL THEN email END'),
      },
      primary: ['id'],
      unique: { users_live_username: ['liveUsername'], users_live_email: ['liveEmail'] },
    })
    await schema.table('permission_profiles', {
      columns: { id: id(), name: name(120), createdAt: instant(), archivedAt: instant().nullable() }, primary: ['id'],
    })
    await schema.table('permission_grants', {
      // subjectKind: user | profile. A user's own grant beats the profile's, which beats the defaults of domain/permissions.
      columns: { subjectKind: key(8), subjectId: id(), permission: key(40), allowed: bool() },
      primary: ['subjectKind', 'subjectId', 'permission'],
    })
    await schema.table('sessions', {
      columns: {
        id: id(), tokenHash: key(64), csrf: key(64), userId: id(), app: key(12), address: bin(64), userAgent: text(),
        createdAt: instant(), lastSeenAt: instant(), expiresAt: instant(), closedAt: instant().nullable(), closeReason: key(24).nullable(),
        // A session is active while a socket of it is connected, or lost for less than presence.grace.
        connectedAt: instant().nullable(), lostAt: instant().nullable(),
      },
      primary: ['id'],
      unique: { sessions_token: ['tokenHash'] },
      indexes: { sessions_user: ['userId', 'closedAt'], sessions_expiry: ['closedAt', 'expiresAt'] },
      foreign: { userId: 'users.id' },
    })
    await schema.table('session_sockets', {
      // Which process holds how many sockets of a session; rows of a dead process are swept, and its sessions start their grace.
      columns: { sessionId: id(), processId: key(40), connections: int() }, primary: ['sessionId', 'processId'],
      indexes: { session_sockets_process: ['processId'] },
    })
    await schema.table('sign_in_guards', {
      // One row per user name and per address; failures decay, nothing locks a whole company out.
      columns: { guard: key(80), failures: int(), lastAt: instant(), blockedUntil: instant().nullable() }, primary: ['guard'],
    })
    await schema.table('agents', {
      // The live state of whoever attends; one row per attending user, locked last (I7).
      columns: {
        agentId: id(), presence: key(8).default('offline'), presenceSince: instant(), pauseId: id().nullable(), pauseReasonId: id().nullable(),
        pausedSince: instant().nullable(), load: int().default(0), lastAssignedAt: instant().nullable(), wrapUpUntil: instant().nullable(),
        missedOffers: int().default(0), sessionId: id().nullable(), lostAt: instant().nullable(),
      },
      primary: ['agentId'],
      indexes: { agents_presence: ['presence'] },
      foreign: { agentId: 'users.id' },
    })
    await schema.table('pause_reasons', {
      columns: {
        id: id(), code: key(40), name: name(120), active: bool().default(1), productive: bool().default(0), maxMinutes: int().nullable(),
        createdAt: instant(), archivedAt: instant().nullable(),
        liveCode: generated(key(40), 'CASE WHEN archivedAt IS NULL THEN code END'),
      },
      primary: ['id'],
      unique: { pause_reasons_live_code: ['liveCode'] },
    })
    await schema.table('pauses', {
      columns: {
        id: id(), agentId: id(), reasonId: id(), reasonCode: key(40), reasonName: name(120), productive: bool(), startedAt: instant(), endedAt: instant().nullable(),
        startedBy: id().nullable(), endedBy: id().nullable(), endKind: key(16).nullable(),
        openAgentId: generated(id(), 'CASE WHEN endedAt IS NULL THEN agentId END'),
      },
      primary: ['id'],
      unique: { pauses_open: ['openAgentId'] },
      indexes: { pauses_agent: ['agentId', 'startedAt'] },
    })

    // ----------------------------------------------------------------- queues
    await schema.table('queues', {
      // Columns without a default are NULL where the queue inherits the setting of the same name.
      columns: {
        id: id(), name: name(120), slug: key(120), description: text(), avatarMediaId: id().nullable(),
        mode: key(8).nullable(), strategy: key(16).nullable(), widenAfter: int().nullable(), weight: int().default(1),
        inviteTimeout: int().nullable(), totalTimeout: int().nullable(), maxWaiting: int().default(0), maxWait: int().default(0),
        overflow: json().nullable(), wrapUp: int().default(0), messages: json().nullable(), calendarId: id().nullable(), offline: json().nullable(),
        dispositionRule: key(12).nullable(), campaignId: id().nullable(), subcampaignId: id().nullable(), followupResolveAfter: int().nullable(),
        createdAt: instant(), updatedAt: instant(), archivedAt: instant().nullable(),
        liveSlug: generated(key(120), 'CASE WHEN archivedAt IS NULL THEN slug END'),
      },
      primary: ['id'],
      unique: { queues_live_slug: ['liveSlug'] },
    })
    await schema.table('queue_turns', {
      // The turn pointer: the membership id last selected; a number, not a reference (domain §3.1). Locked after the conversation, before the agents.
      columns: { queueId: id(), pointer: bigint().default(0) }, primary: ['queueId'],
    })
    await schema.table('memberships', {
      columns: { id: autoId(), queueId: id(), agentId: id(), priority: int().default(1), createdAt: instant() },
      unique: { memberships_queue_agent: ['queueId', 'agentId'] },
      indexes: { memberships_agent: ['agentId'] },
      foreign: { queueId: 'queues.id', agentId: 'users.id' },
    })

    // --------------------------------------------------------------- channels
    await schema.table('endpoints', {
      // What a provider calls; several channels may share one, and it outlives each of them (domain §8.12).
      columns: { id: id(), bridge: key(40), name: name(120), secrets: longtext().nullable(), createdAt: instant(), archivedAt: instant().nullable() },
      primary: ['id'],
      indexes: { endpoints_bridge: ['bridge'] },
    })
    await schema.table('channels', {
      columns: {
        id: id(), name: name(120), slug: key(120), bridge: key(40), channelType: key(16), endpointId: id().nullable(), identity: bin(190).nullable(), address: bin(190).nullable(),
        destinationType: key(8).default('none'), destinationId: id().nullable(), enabled: bool().default(1),
        settings: json(), secrets: longtext().nullable(), options: json().nullable(), avatarMediaId: id().nullable(), ownerUserId: id().nullable(), inboundMode: key(12).default('normal'),
        calendarId: id().nullable(), campaignId: id().nullable(), subcampaignId: id().nullable(),
        status: key(16).default('unlinked'), statusCode: key(60).nullable(), statusAction: key(20).nullable(), statusSince: instant(), statusUntil: instant().nullable(),
        lastInboundAt: instant().nullable(), lastOutboundAt: instant().nullable(), lastError: text().nullable(), parkedCode: key(40).nullable(),
        revision: int().default(1), createdAt: instant(), updatedAt: instant(), archivedAt: instant().nullable(),
        liveSlug: generated(key(120), 'CASE WHEN archivedAt IS NULL THEN slug END'),
        liveIdentity: generated(bin(190), 'CASE WHEN archivedAt IS NULL THEN identity END'),
      },
      primary: ['id'],
      unique: { channels_live_slug: ['liveSlug'], channels_live_identity: ['bridge', 'liveIdentity'] },
      indexes: { channels_endpoint: ['endpointId'] },
      foreign: { endpointId: 'endpoints.id' },
    })
    await schema.table('channel_log', {
      columns: {
        id: id(), channelId: id().nullable(), endpointId: id().nullable(), at: instant(), direction: key(4), summary: text(), status: int().nullable(), durationMs: int().nullable(),
        request: json().nullable(), response: json().nullable(),
      },
      primary: ['id'],
      indexes: { channel_log_channel: ['channelId', 'id'], channel_log_endpoint: ['endpointId', 'id'] },
    })
    await schema.table('bridge_store', {
      // Durable private space of a channel's bridge, sealed; epoch is the fencing token of the writer's lease.
      columns: { channelId: id(), name: bin(190), value: blob(), epoch: bigint().default(0) }, primary: ['channelId', 'name'],
    })
    await schema.table('leases', {
      // Times are the database's own. A holder that was superseded sees a higher epoch.
      columns: { name: key(80), holder: key(40), epoch: bigint(), expiresAt: instant() }, primary: ['name'],
    })
    await schema.table('processes', {
      columns: { id: key(40), host: bin(190), pid: int(), version: key(20), startedAt: instant(), seenAt: instant(), roles: json() }, primary: ['id'],
    })

    // --------------------------------------------------- contacts and accounts
    await schema.table('contacts', {
      columns: {
        id: id(), name: name(190), firstName: name(120).nullable(), lastName: name(120).nullable(), nameSource: key(10), email: bin(190).nullable(), documentId: bin(60).nullable(),
        language: key(8).nullable(), notes: text().nullable(), avatarMediaId: id().nullable(), customFields: json().nullable(),
        boundAgentId: id().nullable(), boundQueueId: id().nullable(), createdBy: id().nullable(), createdAt: instant(), updatedAt: instant(),
        mergedInto: id().nullable(), archivedAt: instant().nullable(),
      },
      primary: ['id'],
      indexes: { contacts_bound_agent: ['boundAgentId'], contacts_bound_queue: ['boundQueueId'], contacts_email: ['email'] },
    })
    await schema.table('accounts', {
      columns: {
        id: id(), contactId: id(), channelType: key(16), profileName: name(190).nullable(), bookName: name(190).nullable(), username: bin(190).nullable(),
        avatarMediaId: id().nullable(), marketingStopped: bool().default(0), createdAt: instant(), updatedAt: instant(), mergedInto: id().nullable(),
      },
      primary: ['id'],
      indexes: { accounts_contact: ['contactId'] },
    })
    await schema.table('identifiers', {
      columns: {
        id: id(), accountId: id(), channelType: key(16), kind: key(10), scope: bin(190), value: bin(190), wire: bin(190).nullable(),
        createdAt: instant(), retiredAt: instant().nullable(),
        liveValue: generated(bin(190), 'CASE WHEN retiredAt IS NULL THEN value END'),
      },
      primary: ['id'],
      unique: { identifiers_live: ['channelType', 'kind', 'liveValue', 'scope'] },
      indexes: { identifiers_account: ['accountId'] },
    })

    // ------------------------------------------------- chats and conversations
    await schema.table('chats', {
      columns: {
        id: id(), channelId: id(), accountId: id().nullable(), contactId: id().nullable(), kind: key(8).default('direct'), remoteChatId: bin(190),
        state: key(10), conversationId: id().nullable(), agentId: id().nullable(), lastAgentId: id().nullable(), queueId: id().nullable(),
        title: name(190), customName: name(190).nullable(), subtitle: bin(190).nullable(), avatarMediaId: id().nullable(),
        priority: int().default(0), botStopped: bool().default(0), oneShot: json().nullable(), guard: json().nullable(),
        unread: int().default(0), waitingSince: instant().nullable(), queuedAt: instant().nullable(),
        lastMessageAt: instant().nullable(), lastInboundAt: instant().nullable(), lastInboundSort: instant().nullable(),
        previewKind: key(16).nullable(), previewAuthor: key(12).nullable(), previewText: name(200).nullable(), previewMessageId: id().nullable(), previewStatus: key(10).nullable(),
        readThrough: id().nullable(), offlineMark: key(60).nullable(), seq: bigint().default(0), createdAt: instant(), updatedAt: instant(),
      },
      primary: ['id'],
      // A direct chat is the chat of an account; a group's has no account, and its remote id makes it unique.
      unique: { chats_account: ['channelId', 'accountId'], chats_remote: ['channelId', 'remoteChatId'] },
      indexes: {
        chats_agent: ['agentId', 'state', 'lastMessageAt', 'id'], chats_last_agent: ['lastAgentId', 'state', 'lastMessageAt', 'id'],
        chats_queue: ['state', 'queueId', 'queuedAt', 'id'], chats_state: ['state', 'lastMessageAt', 'id'], chats_recent: ['lastMessageAt', 'id'],
        chats_account_only: ['accountId'], chats_contact: ['contactId'],
      },
    })
    await schema.table('conversations', {
      columns: {
        id: id(), chatId: id(), channelId: id(), accountId: id().nullable(), contactId: id().nullable(), origin: key(12), isFirst: bool().default(0),
        openedAt: instant(), openedBy: id().nullable(), queueId: id().nullable(), firstQueueId: id().nullable(),
        firstQueuedAt: instant().nullable(), lastQueuedAt: instant().nullable(), firstJoinedAt: instant().nullable(), firstAgentReplyAt: instant().nullable(),
        menuId: id().nullable(), menuOption: json().nullable(), campaignId: id().nullable(), subcampaignId: id().nullable(),
        dispositionId: id().nullable(), dispositionNote: text().nullable(), calendarVersion: key(40).nullable(),
        closedAt: instant().nullable(), closedByKind: key(12).nullable(), closedById: id().nullable(), closeKind: key(20).nullable(), closeAgentId: id().nullable(), bulk: bool().default(0),
        inboundCount: int().default(0), outboundCount: int().default(0),
        openChatId: generated(id(), 'CASE WHEN closedAt IS NULL THEN chatId END'),
      },
      primary: ['id'],
      unique: { conversations_open: ['openChatId'] },
      indexes: { conversations_chat: ['chatId', 'openedAt'], conversations_opened: ['openedAt'], conversations_closed: ['closedAt'] },
    })
    await schema.table('assignments', {
      columns: {
        id: id(), chatId: id(), conversationId: id(), agentId: id(), agentName: name(120), queueId: id().nullable(), kind: key(14), startedAt: instant(),
        waited: bigint().nullable(), firstReplyAt: instant().nullable(), endedAt: instant().nullable(), endKind: key(16).nullable(),
        openChatId: generated(id(), 'CASE WHEN endedAt IS NULL THEN chatId END'),
      },
      primary: ['id'],
      unique: { assignments_open: ['openChatId'] },
      indexes: { assignments_agent: ['agentId', 'startedAt'], assignments_chat: ['chatId', 'startedAt'], assignments_conversation: ['conversationId'] },
    })
    await schema.table('response_samples', {
      // One per answered turn (domain §9.4).
      columns: { id: id(), conversationId: id(), assignmentId: id(), agentId: id(), queueId: id().nullable(), turnStartedAt: instant(), repliedAt: instant(), seconds: double() },
      primary: ['id'],
      indexes: { response_samples_replied: ['repliedAt'], response_samples_agent: ['agentId', 'repliedAt'] },
    })
    await schema.table('distributions', {
      columns: {
        id: id(), chatId: id(), conversationId: id(), targetKind: key(8), targetId: id(), kind: key(16), requesterKind: key(12), requesterId: id().nullable(),
        enqueue: bool().default(1), precedence: int().default(0), queuedAt: instant(), state: key(10), outcome: key(12).nullable(),
        authorId: id().nullable(), restUntil: instant().nullable(), heldUntil: instant().nullable(), timeLeftMs: bigint().nullable(), deadlineAt: instant().nullable(),
        createdAt: instant(), endedAt: instant().nullable(),
        openChatId: generated(id(), 'CASE WHEN endedAt IS NULL THEN chatId END'),
        // The waiting list in its order: precedence (the chat's priority, negated), queuedAt, chat id.
        waitingFor: generated(id(), 'CASE WHEN endedAt IS NULL THEN targetId END'),
      },
      primary: ['id'],
      unique: { distributions_open: ['openChatId'] },
      indexes: { distributions_waiting: ['waitingFor', 'precedence', 'queuedAt', 'chatId'] },
    })
    await schema.table('queue_legs', {
      columns: {
        id: id(), chatId: id(), conversationId: id(), queueId: id(), queueName: name(120), queuedAt: instant(), enteredAt: instant(), leftAt: instant().nullable(), outcome: key(12).nullable(),
        noticeSent: bool().default(0), overflowedFrom: id().nullable(),
        openChatId: generated(id(), 'CASE WHEN leftAt IS NULL THEN chatId END'),
      },
      primary: ['id'],
      unique: { queue_legs_open: ['openChatId'] },
      indexes: { queue_legs_queue: ['queueId', 'enteredAt'], queue_legs_conversation: ['conversationId'] },
    })

    // --------------------------------------------------------------- messages
    await schema.table('messages', {
      columns: {
        id: id(), chatId: id(), conversationId: id().nullable(), channelId: id().nullable(), direction: key(3), kind: key(14), visibility: key(8),
        authorKind: key(12), authorId: id().nullable(), authorName: name(120), body: longtext(), extra: json().nullable(), mediaId: id().nullable(),
        quoteId: id().nullable(), context: json().nullable(), clientKey: key(100).nullable(), part: int().default(0),
        status: key(10).nullable(), errorCode: key(40).nullable(), errorRemoteCode: key(60).nullable(), flags: int().default(0),
        at: instant(), sortAt: instant(), sentAt: instant().nullable(), deliveredAt: instant().nullable(), readAt: instant().nullable(), playedAt: instant().nullable(),
        editedAt: instant().nullable(), deletedAt: instant().nullable(),
      },
      primary: ['id'],
      unique: { messages_client: ['clientKey'] },
      indexes: { messages_timeline: ['chatId', 'sortAt', 'id'] },
    })
    await schema.table('message_ids', {
      // Every provider id of a message; (channel, provider id, part) is stored once (I10).
      columns: { channelId: id(), providerId: bin(255), part: int().default(0), messageId: id() },
      primary: ['channelId', 'providerId', 'part'],
      indexes: { message_ids_message: ['messageId'] },
    })
    await schema.table('message_versions', {
      columns: { id: id(), messageId: id(), at: instant(), kind: key(8), byKind: key(12), byId: id().nullable(), body: longtext(), extra: json().nullable() },
      primary: ['id'],
      indexes: { message_versions_message: ['messageId'] },
    })
    await schema.table('reactions', {
      columns: { messageId: id(), byKey: bin(190), byName: name(120), fromCustomer: bool(), emoji: bin(60), at: instant() }, primary: ['messageId', 'byKey'],
    })
    await schema.table('early_updates', {
      // Receipts and reactions for a provider id nobody knows yet; kept ten minutes (domain §8.2).
      columns: { id: id(), channelId: id(), providerId: bin(255), payload: json(), at: instant() },
      primary: ['id'],
      indexes: { early_updates_target: ['channelId', 'providerId'], early_updates_at: ['at'] },
    })
    await schema.table('files', {
      columns: { sha256: key(64), size: bigint(), mime: key(120), createdAt: instant() }, primary: ['sha256'],
    })
    await schema.table('media', {
      // One reference to a file: by a message, an avatar, an upload not yet sent.
      columns: {
        id: id(), sha256: key(64).nullable(), thumbSha256: key(64).nullable(), mime: key(120), size: bigint().default(0), name: bin(255), width: int().nullable(), height: int().nullable(), durationMs: int().nullable(),
        state: key(8), channelId: id().nullable(), chatId: id().nullable(), messageId: id().nullable(), kind: key(12).nullable(), uploadedBy: id().nullable(),
        remote: json().nullable(), attempts: int().default(0), dueAt: instant().nullable(), error: text().nullable(), createdAt: instant(),
      },
      primary: ['id'],
      indexes: { media_chat: ['chatId', 'id'], media_due: ['dueAt'], media_file: ['sha256'], media_thumb: ['thumbSha256'], media_message: ['messageId'] },
    })

    // -------------------------------------------------------------- the lanes
    await schema.table('inbox_requests', {
      columns: { id: id(), endpointId: id().nullable(), at: instant(), method: key(6), url: text(), headers: json(), body: blob(), state: key(10), error: text().nullable() },
      primary: ['id'],
      indexes: { inbox_requests_state: ['state', 'id'], inbox_requests_at: ['at'] },
    })
    await schema.table('inbox_events', {
      // pendingLane is the lane while the event waits and NULL ever after: its index holds only what is to do.
      columns: {
        id: id(), scope: id(), eventKey: bin(255), requestId: id().nullable(), channelId: id().nullable(), account: bin(190), kind: key(12), laneId: key(43).nullable(), payload: json(),
        receivedAt: instant(), state: key(10), pendingLane: key(43).nullable(), attempts: int().default(0), error: text().nullable(), appliedAt: instant().nullable(),
      },
      primary: ['id'],
      unique: { inbox_events_key: ['scope', 'eventKey'] },
      indexes: { inbox_events_pending: ['pendingLane', 'id'], inbox_events_request: ['requestId'] },
    })
    await schema.table('lanes', {
      // id: hash of channel and remote chat. Locked by whoever applies its events; the inbox writer only ever inserts.
      columns: { id: key(43), channelId: id(), remoteChatId: bin(190), chatId: id().nullable(), createdAt: instant() }, primary: ['id'],
    })
    await schema.table('outbox', {
      columns: {
        id: id(), chatId: id(), channelId: id(), messageId: id().nullable(), visibility: key(8).default('public'), op: key(8), payload: json(), author: key(10),
        state: key(10), pendingChat: id().nullable(), attempts: int().default(0), availableAt: instant(), expiresAt: instant().nullable(),
        claim: key(40).nullable(), leaseUntil: instant().nullable(), sentAt: instant().nullable(), errorCode: key(40).nullable(), error: text().nullable(), createdAt: instant(),
      },
      primary: ['id'],
      indexes: { outbox_pending: ['pendingChat', 'id'], outbox_claim: ['claim'], outbox_message: ['messageId'], outbox_channel: ['channelId', 'pendingChat'] },
      // Internal notes never leave (I9): the database itself refuses them here.
      checks: { outbox_public: "visibility = 'public'" },
    })
    await schema.table('timers', {
      columns: { id: id(), kind: key(30), subjectId: key(60), version: bigint().default(0), dueAt: instant(), chatId: id().nullable(), data: json().nullable() },
      primary: ['id'],
      unique: { timers_subject: ['kind', 'subjectId'] },
      indexes: { timers_due: ['dueAt', 'id'], timers_chat: ['chatId'] },
    })
    await schema.table('jobs', {
      columns: {
        id: id(), kind: key(40), data: json(), authorKind: key(12), authorId: id().nullable(), state: key(10), uniqueKey: key(120).nullable(), attempts: int().default(0), maxAttempts: int().default(5),
        runAt: instant(), pendingRunAt: instant().nullable(), claim: key(40).nullable(), leaseUntil: instant().nullable(), progress: json().nullable(), error: text().nullable(), createdAt: instant(), finishedAt: instant().nullable(),
      },
      primary: ['id'],
      unique: { jobs_unique: ['uniqueKey'] },
      indexes: { jobs_pending: ['pendingRunAt', 'id'], jobs_kind: ['kind', 'createdAt'] },
    })
    await schema.table('job_items', {
      columns: { jobId: id(), n: int(), ref: key(60), state: key(10), code: key(40).nullable(), details: json().nullable() }, primary: ['jobId', 'n'],
    })

    // ----------------------------------------------------- record and settings
    await schema.table('event_log', {
      columns: {
        id: autoId(), v: int().default(1), seq: bigint().nullable(), at: instant(), type: key(40), chatId: id().nullable(), conversationId: id().nullable(),
        channelId: id().nullable(), queueId: id().nullable(), agentId: id().nullable(), actorKind: key(12), actorId: id().nullable(), actorName: name(120), data: json(),
      },
      unique: { event_log_chat: ['chatId', 'seq'] },
      indexes: { event_log_type: ['type', 'at'] },
    })
    await schema.table('settings', {
      // scope: global, channel:<id> or queue:<id>.
      columns: { scope: key(40), name: key(80), value: json(), updatedAt: instant(), updatedBy: id().nullable() }, primary: ['scope', 'name'],
    })
    await schema.table('audit', {
      columns: {
        id: id(), at: instant(), actorKind: key(12), actorId: id().nullable(), actorName: name(120), action: key(60), subjectKind: key(30).nullable(), subjectId: key(60).nullable(),
        address: bin(64).nullable(), before: json().nullable(), after: json().nullable(),
      },
      primary: ['id'],
      indexes: { audit_action: ['action', 'id'], audit_subject: ['subjectKind', 'subjectId', 'id'] },
    })
    await schema.table('notices', {
      columns: { id: id(), at: instant(), level: key(8), code: key(60), audience: key(40), data: json(), onceKey: key(120).nullable() },
      primary: ['id'],
      unique: { notices_once: ['onceKey'] },
      indexes: { notices_audience: ['audience', 'id'] },
    })
    await schema.table('search', {
      // Written in the same transaction as what it finds. words: folded; digits and their reverse: for prefix and suffix matches.
      columns: { kind: key(10), refId: id(), words: longtext(), digits: key(64).nullable(), digitsReversed: key(64).nullable() },
      primary: ['kind', 'refId'],
      indexes: { search_digits: ['kind', 'digits'], search_digits_reversed: ['kind', 'digitsReversed'] },
      fullText: { search_words: ['words'] },
    })
  },
}
