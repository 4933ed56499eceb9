import { useI18n } from 'vue-i18n'
import type { Summary } from '@/api/shapes'

/** Names for identifiers of the contract; an unknown identifier is shown as it is. */
export function useLabels() {
  const { t, te } = useI18n()

  function label(group: string, key: string | null | undefined): string {
    if (!key) return ''
    const path = `${group}.${key}`
    return te(path) ? t(path) : key
  }

  /** Hand-over reasons are `emergency: gas_leak`, a known phrase, or somebody's own words. */
  function reason(raw: string): string {
    const [head = '', tail = ''] = raw.split(/:\s*/, 2)
    const known: Record<string, string> = {
      'taken by an agent': 'taken',
      'queue timeout': 'queue_timeout',
    }
    const key = known[raw] ?? head
    if (!te(`reason.${key}`)) return raw
    return t(`reason.${key}`, { category: label('category', tail) })
  }

  function customerName(summary: Pick<Summary, 'id' | 'customer'>): string {
    const { name, phone_masked: phone } = summary.customer
    return name || phone || t('talk.anonymous', { tail: summary.id.slice(-4) })
  }

  return { label, reason, customerName }
}
