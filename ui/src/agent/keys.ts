/** The inbox's keys, as the help shows them. */
export const inboxKeys = (t: (key: string) => string): { keys: string[]; label: string }[] => [
  { keys: ['J'], label: t('chats.keys.next') },
  { keys: ['K'], label: t('chats.keys.previous') },
  { keys: ['R'], label: t('chats.keys.reply') },
  { keys: ['N'], label: t('chats.keys.note') },
  { keys: ['T'], label: t('chats.keys.transfer') },
  { keys: ['E'], label: t('chats.keys.resolve') },
  { keys: ['Ctrl', 'K'], label: t('chats.keys.search') },
  { keys: ['Enter'], label: t('chats.keys.send') },
  { keys: ['Shift', 'Enter'], label: t('chats.keys.line') },
  { keys: ['?'], label: t('chats.keys.help') },
]
