import { useI18n } from 'vue-i18n'
import * as calls from '@/api/calls'
import { ApiError } from '@/api/http'
import type { Detail } from '@/api/shapes'
import { useConversations } from '@/stores/conversation'
import { useQueue } from '@/stores/queue'
import { useSession } from '@/stores/session'
import { useErrors } from './useErrors'

/** Changes of hands, with what the agent is told about each outcome. */
export function useActions() {
  const { t } = useI18n()
  const conversations = useConversations()
  const queue = useQueue()
  const session = useSession()
  const { show, done } = useErrors()

  async function run(id: string, work: () => Promise<Detail>, said: string): Promise<boolean> {
    try {
      conversations.put(await work())
      done(said)
      return true
    } catch (error) {
      explain(error)
      await conversations.loadDetail(id)
      return false
    } finally {
      queue.refreshSoon()
    }
  }

  function explain(error: unknown): void {
    const holder = error instanceof ApiError ? holderOf(error) : null
    if (holder) show(new ApiError(409, 'other', t('actions.takenBy', { name: holder })))
    else show(error)
  }

  async function accept(id: string): Promise<void> {
    const detail = conversations.opened.get(id)?.detail
    if (!detail || detail.state === 'closed') return
    if (detail.state === 'human' && detail.assigned_to?.id === session.staff?.id) return
    const taken = await run(id, () => calls.accept(id, detail.epoch), t('actions.done.accept'))
    if (taken && queue.view !== 'all') queue.view = 'mine'
  }

  async function returnToBot(id: string): Promise<void> {
    const detail = conversations.opened.get(id)?.detail
    if (detail?.state !== 'human' || detail.assigned_to?.id !== session.staff?.id) return
    await run(id, () => calls.returnToBot(id), t('actions.done.returnBot'))
  }

  const transfer = (id: string, staffId: string | null, note: string) =>
    run(id, () => calls.transfer(id, staffId, note), t('actions.done.transfer'))
  const close = (id: string, resolution: string) =>
    run(id, () => calls.close(id, resolution), t('actions.done.close'))
  const clearEmergency = (id: string, note: string) =>
    run(id, () => calls.clearEmergency(id, note), t('actions.done.clear'))

  return { accept, returnToBot, transfer, close, clearEmergency }
}

/** Who was faster, when that is what the conflict says. */
function holderOf(error: ApiError): string | null {
  const { assigned_to: holder, assigned_name: name } = error.detail
  if (typeof name === 'string' && name) return name
  if (holder && typeof holder === 'object' && 'display_name' in holder) {
    return String(holder.display_name)
  }
  return null
}
