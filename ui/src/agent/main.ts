import { start } from '../shared/app/start.ts'

void start({
  name: 'agent',
  home: '/chats',
  signIn: async () => (await import('../login/SignInAgent.vue')).default,
  shell: async () => (await import('./AgentShell.vue')).default,
  routes: [{ path: 'chats/:chatId?', name: 'chats', component: () => import('./pages/Inbox.vue') }],
})
