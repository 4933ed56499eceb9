import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { speak, storedLanguage, type Language } from '@/i18n'

/** What one person likes, kept in this browser. */
export const usePreferences = defineStore('preferences', () => {
  const language = ref<Language>(storedLanguage())
  const sound = ref(localStorage.getItem('frontline.sound') !== 'off')
  const dark = ref(localStorage.getItem('frontline.dark') === 'on')

  watch(language, speak, { immediate: true })
  watch(sound, (on) => localStorage.setItem('frontline.sound', on ? 'on' : 'off'))
  watch(
    dark,
    (on) => {
      localStorage.setItem('frontline.dark', on ? 'on' : 'off')
      document.documentElement.classList.toggle('dark', on)
    },
    { immediate: true },
  )

  return { language, sound, dark }
})
