import { useI18n } from 'vue-i18n'
import type { Summary } from '@/api/shapes'

const REASONS: [string, string][] = [
  ['customer asked', 'asked'],
  ['customer accepted the offer', 'accepted'],
  ['not understood twice', 'notUnderstood'],
  ['bot unavailable', 'botUnavailable'],
  ['queue timeout', 'timeout'],
  ['taken by an agent', 'taken'],
  ['transferred', 'transferred'],
]

/** Names for identifiers of the contract; an unknown identifier is shown as it is. */
export function useLabels() {
  const { t, te } = useI18n()

  function label(group: string, key: string | null | undefined): string {
    if (!key) return ''
    const path = `${group}.${key}`
    return te(path) ? t(path) : key
  }

  /** A hand-over's reason: a phrase of the service, a hazard it saw, or a colleague's own words. */
  function reason(raw: string): string {
    const hazard = /^(emergency|possible):? (\w+)$/.exec(raw)
    if (hazard) return t(`reason.${hazard[1]}`, { category: label('category', hazard[2]) })
    const known = REASONS.find(([phrase]) => raw.startsWith(phrase))
    return known ? t(`reason.${known[1]}`) : raw
  }

  function customerName(summary: Pick<Summary, 'id' | 'customer'>): string {
    const { name, phone_masked: phone } = summary.customer
    return name || phone || t('talk.anonymous', { tail: summary.id.slice(-4) })
  }

  return { label, reason, customerName }
}
