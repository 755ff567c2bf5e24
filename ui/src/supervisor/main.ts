import { start } from '../shared/app/start.ts'

void start({
  name: 'supervisor',
  home: '/board',
  signIn: async () => (await import('../login/SignInSupervisor.vue')).default,
  shell: async () => (await import('./SupervisorShell.vue')).default,
  routes: [
    { path: 'board', name: 'board', component: () => import('./pages/Board.vue') },
    { path: 'chats/:chatId?', name: 'chats', component: () => import('./pages/AllChats.vue') },
  ],
})
