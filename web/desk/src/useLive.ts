import { chime } from '@/alarm/sound'
import type { Page, Summary } from '@/api/shapes'
import { useAssist } from '@/stores/assist'
import { useComplaint } from '@/stores/complaint'
import { useComplaintList } from '@/stores/complaintList'
import { useConversations } from '@/stores/conversation'
import { useLine, type DeskEvent } from '@/stores/line'
import { useNotices } from '@/stores/notices'
import { usePages } from '@/stores/pages'
import { usePreferences } from '@/stores/preferences'
import { usePresence } from '@/stores/presence'
import { useQueue } from '@/stores/queue'
import { useSession } from '@/stores/session'
import { useUploads } from '@/stores/uploads'
import type { Message } from '@shared/contract'

/** Without a line the lists are fetched this often, so that a blocked websocket is bearable. */
const POLL_MS = 8000
const PRESENCE_MS = 30_000
/** An open line makes one present; the list shows it a moment later. */
const ARRIVAL_MS = 1000

/** Joins the websocket to the stores, and brings everything up to date after a broken line. */
export function useLive(notify: (page: Page) => void) {
  const line = useLine()
  const queue = useQueue()
  const conversations = useConversations()
  const pages = usePages()
  const assist = useAssist()
  const complaint = useComplaint()
  const complaints = useComplaintList()
  const notices = useNotices()
  const session = useSession()
  const preferences = usePreferences()
  const presence = usePresence()
  const uploads = useUploads()
  /** Who is known to wait, so that each arrival rings once. */
  const waiting = new Set<string>()
  const timers: ReturnType<typeof setInterval>[] = []

  function arrived(message: Message, summary: Summary): void {
    conversations.receive(message)
    conversations.refreshed(summary)
    queue.patch(summary)
    queue.refreshSoon()
    if (message.sender !== 'customer') return
    const mine = summary.assigned_to?.id === session.staff?.id
    const looking = conversations.selectedId === summary.id && !document.hidden
    if (mine && !looking && preferences.sound) chime()
  }

  function moved(summary: Summary): void {
    if (summary.state !== 'queued') waiting.delete(summary.id)
    else if (!waiting.has(summary.id)) {
      waiting.add(summary.id)
      if (preferences.sound) chime()
    }
    queue.patch(summary)
    queue.refreshSoon()
    conversations.refreshed(summary)
  }

  function handle(event: DeskEvent): void {
    switch (event.type) {
      case 'queue':
        return queue.refreshSoon()
      case 'message':
        return arrived(event.message, event.conversation)
      case 'conversation':
        return moved(event.conversation)
      case 'page':
        if (pages.receive(event.page)) notify(event.page)
        return
      case 'page_acknowledged':
        return pages.drop(event.page.id)
      case 'typing':
        return conversations.typing(event.conversation_id)
      case 'suggestions':
        if (event.conversation_id === conversations.selectedId) {
          void assist.refresh(event.conversation_id)
        }
        return
      case 'complaint':
        complaints.changed()
        return complaint.changedElsewhere(event.no, event.version)
      case 'notice':
        if (event.staff_id === session.staff?.id) void notices.refresh()
        return
      case 'error':
        void session.check()
    }
  }

  async function catchUp(): Promise<void> {
    await Promise.allSettled([
      queue.refresh(),
      pages.refresh(),
      presence.refresh(),
      conversations.resyncOpen(),
      notices.refresh(),
      complaint.load(),
    ])
    complaints.changed()
    for (const item of queue.items) if (item.state === 'queued') waiting.add(item.id)
  }

  function poll(): void {
    if (line.state !== 'online') void catchUp()
  }

  async function presenceLoop(): Promise<void> {
    await presence.refresh().catch(() => undefined)
  }

  function seen(): void {
    if (!document.hidden && conversations.selectedId) {
      conversations.markRead(conversations.selectedId)
    }
  }

  function start(): void {
    void catchUp()
    line.open({
      event: handle,
      opened: (again) => {
        if (again) void catchUp()
        else queue.refreshSoon()
        setTimeout(() => void presenceLoop(), ARRIVAL_MS)
      },
    })
    timers.push(setInterval(poll, POLL_MS), setInterval(() => void presenceLoop(), PRESENCE_MS))
    document.addEventListener('visibilitychange', seen)
  }

  function stop(): void {
    line.close()
    timers.forEach(clearInterval)
    document.removeEventListener('visibilitychange', seen)
    conversations.forget()
    uploads.forget()
  }

  return { start, stop }
}
