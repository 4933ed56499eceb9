import { computed, onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Page } from '@/api/shapes'
import { usePages } from '@/stores/pages'
import { usePreferences } from '@/stores/preferences'
import { soundBlocked, startAlarm, stopAlarm, unlockSound } from './sound'

const FLASH_MS = 900

/** Rings, and flashes the title, as long as a loud page is open. */
export function usePaging(goTo: (page: Page) => void) {
  const { t } = useI18n()
  const pages = usePages()
  const preferences = usePreferences()
  const blocked = ref(false)
  const ringing = computed(() => pages.loud.length > 0 && preferences.sound)
  let flash: ReturnType<typeof setInterval> | undefined

  async function unlock(): Promise<void> {
    blocked.value = !(await unlockSound())
  }

  function checkSound(): void {
    blocked.value = soundBlocked()
  }

  watch(
    ringing,
    (on) => {
      if (on) startAlarm()
      else stopAlarm()
      setTimeout(checkSound, 200)
    },
    { immediate: true },
  )

  watch(
    () => pages.loud[0],
    (page) => {
      clearInterval(flash)
      document.title = t('app.name')
      if (!page) return
      let on = false
      flash = setInterval(() => {
        on = !on
        document.title = on ? t('pages.flash', { title: page.category_title }) : t('app.name')
      }, FLASH_MS)
    },
    { immediate: true },
  )

  /** A notification of the operating system, where the person allowed it. */
  function notify(page: Page): void {
    if (!('Notification' in window) || Notification.permission !== 'granted') return
    const notification = new Notification(
      t('pages.notification', { title: page.category_title }),
      { body: page.reason, tag: page.id, requireInteraction: true },
    )
    notification.onclick = () => {
      window.focus()
      goTo(page)
      notification.close()
    }
  }

  onMounted(() => document.addEventListener('pointerdown', unlock))
  onMounted(() => document.addEventListener('keydown', unlock))
  onBeforeUnmount(() => {
    document.removeEventListener('pointerdown', unlock)
    document.removeEventListener('keydown', unlock)
    clearInterval(flash)
    stopAlarm()
    document.title = t('app.name')
  })

  return { blocked, unlock, notify }
}
