import { computed, nextTick, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { describe } from '../shared/lib/describe.ts'
import { useSession } from '../shared/stores/session.ts'

/** What both sign-in pages do; only their looks differ. */
export function useSignIn(userInput: Ref<{ focus: () => void } | null>, passwordInput: Ref<{ focus: () => void; select: () => void } | null>) {
  const session = useSession()
  const { t, te } = useI18n()
  const username = ref('')
  const password = ref('')
  const busy = ref(false)
  const missing = ref<{ username: boolean; password: boolean }>({ username: false, password: false })
  const failure = ref<{ code: string; message: string; help: string } | null>(null)

  /** Why the last session ended, unless the person ended it. */
  const closed = computed(() => {
    const reason = session.closedBecause
    return reason && reason !== 'logout' && te(`login.closed.${reason}`) ? t(`login.closed.${reason}`) : null
  })
  const userError = computed(() => (missing.value.username ? t('login.missingUser') : null))
  const passwordError = computed(() => {
    if (missing.value.password) return t('login.missingPassword')
    return failure.value?.code === 'wrong_credentials' ? failure.value.message : null
  })
  /** What concerns neither field: shown above them. */
  const problem = computed(() => (failure.value && failure.value.code !== 'wrong_credentials' ? failure.value : null))

  async function submit(): Promise<void> {
    if (busy.value) return
    failure.value = null
    missing.value = { username: !username.value.trim(), password: !password.value }
    if (missing.value.username) return userInput.value?.focus()
    if (missing.value.password) return passwordInput.value?.focus()
    busy.value = true
    try {
      await session.signIn(username.value.trim(), password.value)
    } catch (error) {
      failure.value = describe(error)
      await nextTick()
      passwordInput.value?.focus()
      passwordInput.value?.select()
    } finally {
      busy.value = false
    }
  }

  return { session, username, password, busy, closed, userError, passwordError, problem, submit }
}
