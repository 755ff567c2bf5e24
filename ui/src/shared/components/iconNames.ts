/** The symbols of icons.svg. */
export const iconNames = [
  'chat', 'clock', 'search', 'filter', 'sort', 'plus', 'send', 'clip', 'smile', 'mic', 'bolt', 'doc', 'pin', 'note', 'transfer',
  'check', 'checks', 'x', 'dots', 'down', 'right', 'left', 'up', 'phone', 'user', 'users', 'tag', 'image', 'play', 'pause',
  'bell', 'help', 'moon', 'gear', 'chart', 'board', 'bot', 'qr', 'link', 'unlink', 'eye', 'out', 'refresh', 'warn', 'info',
  'alert', 'okc', 'download', 'upload', 'cal', 'globe', 'offline', 'mega', 'shield', 'reply', 'lock', 'mail', 'copy', 'trash',
  'branch', 'undo', 'redo', 'minus', 'fit', 'list', 'home', 'ban', 'star', 'edit', 'full', 'side', 'key', 'tree', 'brush',
  'flag', 'in', 'slash', 'whatsapp', 'instagram', 'messenger', 'widget',
] as const
export type IconName = (typeof iconNames)[number]
