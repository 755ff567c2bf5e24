import { inject, provide, type InjectionKey } from 'vue'

const key: InjectionKey<() => void> = Symbol('help')
/** Lets the pages of a shell open its list of keys. */
export const provideHelp = (open: () => void): void => provide(key, open)
export const useHelp = (): (() => void) => inject(key, () => undefined)
