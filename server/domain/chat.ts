/** The state machine of a chat (domain §2.1, §2.5): one table; an illegal move throws. */

export const chatStates = ['IDLE', 'ROUTING', 'MENU', 'QUEUED', 'TRANSIT', 'UNROUTED', 'PENDING', 'FOLLOWUP', 'RESOLVED'] as const
export type ChatState = (typeof chatStates)[number]

const moves: Readonly<Record<ChatState, readonly ChatState[]>> = {
  IDLE: ['ROUTING', 'FOLLOWUP', 'TRANSIT'],
  ROUTING: ['MENU', 'QUEUED', 'TRANSIT', 'UNROUTED', 'PENDING', 'FOLLOWUP', 'RESOLVED'],
  MENU: ['QUEUED', 'TRANSIT', 'UNROUTED', 'PENDING', 'FOLLOWUP', 'RESOLVED'],
  QUEUED: ['QUEUED', 'MENU', 'UNROUTED', 'PENDING', 'FOLLOWUP', 'RESOLVED'],
  TRANSIT: ['MENU', 'QUEUED', 'UNROUTED', 'PENDING', 'FOLLOWUP', 'RESOLVED', 'TRANSIT'],
  UNROUTED: ['MENU', 'QUEUED', 'TRANSIT', 'PENDING', 'FOLLOWUP', 'RESOLVED', 'ROUTING'],
  PENDING: ['PENDING', 'FOLLOWUP', 'QUEUED', 'MENU', 'RESOLVED'],
  FOLLOWUP: ['PENDING', 'FOLLOWUP', 'QUEUED', 'MENU', 'RESOLVED'],
  RESOLVED: ['ROUTING', 'FOLLOWUP', 'TRANSIT'],
}

export const mayMove = (from: ChatState, to: ChatState): boolean => moves[from].includes(to)

/** A programming error, never a person's: it ends the transaction, so the chat stays as it was (I13). */
export class IllegalMove extends Error {
  override readonly name = 'IllegalMove'
  constructor(from: ChatState, to: ChatState) {
    super(`a chat does not go from ${from} to ${to}`)
  }
}

export function move(from: ChatState, to: ChatState): ChatState {
  if (!mayMove(from, to)) throw new IllegalMove(from, to)
  return to
}

/** An open conversation exists in every state but these two (I2). */
export const hasOpenConversation = (state: ChatState): boolean => state !== 'IDLE' && state !== 'RESOLVED'
export const isAssigned = (state: ChatState): boolean => state === 'PENDING' || state === 'FOLLOWUP'
