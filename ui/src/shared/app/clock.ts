/**
 * One clock for every timer on the page. It ticks once a second, stands still while the page is hidden, and follows the
 * server's time so that a wrong clock on a desk shows no wrong waits.
 */
import { ref, readonly } from 'vue'

let offset = 0
const ticking = ref(Date.now())

export const serverNow = (): number => Date.now() + offset
export const now = readonly(ticking)

/** `serverTime` as just received. */
export function setServerTime(serverTime: number): void {
  offset = serverTime - Date.now()
  ticking.value = serverNow()
}

const tick = () => { ticking.value = serverNow() }
let timer: ReturnType<typeof setInterval> | null = null
function run(): void {
  if (timer) clearInterval(timer)
  timer = document.hidden ? null : setInterval(tick, 1000)
  tick()
}
document.addEventListener('visibilitychange', run)
run()
