/** For tests of bridges: a host in memory, requests, messages and tables. Never loaded in production. */
export * from './fakeHost.ts'
export * from './fetch.ts'
export * from './garbage.ts'
export * from './messages.ts'
export * from './tables.ts'
export * from './loopbackNetwork.ts'
