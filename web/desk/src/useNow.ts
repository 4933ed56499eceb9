import { onBeforeUnmount, ref } from 'vue'

const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The present time in ms, moving once a second; all users share one timer. */
export function useNow() {
  users += 1
  timer ??= setInterval(() => (now.value = Date.now()), 1000)
  now.value = Date.now()
  onBeforeUnmount(() => {
    users -= 1
    if (users > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return now
}
