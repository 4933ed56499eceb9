import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { useI18n } from 'vue-i18n'
import { ApiError } from '@/api/http'

/** What an error means, in the language of the person, and a short note that shows it. */
export function useErrors() {
  const { t, te } = useI18n()

  function wording(error: unknown): string {
    if (!(error instanceof ApiError)) throw error
    const path = `error.${error.code}`
    return te(path) ? t(path, { message: error.message }) : t('error.other', { message: error.message })
  }

  function show(error: unknown): void {
    warn(wording(error))
  }

  function warn(message: string): void {
    ElMessage({ type: 'error', message, grouping: true, showClose: true })
  }

  function done(message: string): void {
    ElMessage({ type: 'success', message, grouping: true, duration: 1800 })
  }

  return { wording, show, warn, done }
}
