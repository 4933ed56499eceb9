import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { useI18n } from 'vue-i18n'
import { useAssist } from '@/stores/assist'
import { useComposer } from '@/stores/composer'
import { useConversations } from '@/stores/conversation'
import { useSession } from '@/stores/session'

/** Puts suggestions into the composer, when this person may speak. */
export function useInsertion() {
  const { t } = useI18n()
  const assist = useAssist()
  const composer = useComposer()
  const conversations = useConversations()
  const session = useSession()

  function mayWrite(id: string): boolean {
    const detail = conversations.opened.get(id)?.detail
    if (detail?.state === 'human' && detail.assigned_to?.id === session.staff?.id) return true
    const state = detail?.state ?? 'bot'
    const name = detail?.assigned_to?.display_name ?? ''
    ElMessage({ type: 'info', message: t(`composer.locked.${state}`, { name }), grouping: true })
    return false
  }

  function text(id: string, written: string): void {
    if (mayWrite(id)) composer.insert(written)
  }

  function solution(id: string, place: number, step?: number): void {
    const chosen = assist.shown(id)[place]
    if (!chosen || !mayWrite(id)) return
    const written =
      step === undefined
        ? chosen.steps.map((line, index) => `${index + 1}. ${line}`).join('\n')
        : (chosen.steps[step] ?? '')
    composer.insert(written)
    assist.noteInserted(id, chosen, written)
  }

  function empathy(id: string, place: number): void {
    const phrase = assist.of(id).answer?.empathy[place]
    if (phrase) text(id, phrase.text)
  }

  return { solution, empathy, text }
}
