/** The calls of the desk, one function a route. */

import type { Attachment, ConversationPublic, Message } from '@shared/contract'
import type { DraftWarning } from '@shared/draftCheck'
import type { UploadOptions } from '@shared/upload'
import { call, upload as post } from './http'
import type {
  CaseHit,
  Colleague,
  Counts,
  Delivery,
  Detail,
  FeedbackKind,
  Page,
  Role,
  Skill,
  Staff,
  Suggestions,
  Summary,
  View,
} from './shapes'

const at = (id: string, act = '') => `conversations/${encodeURIComponent(id)}${act}`

export const signIn = (username: string, password: string) =>
  call<{ staff: Staff; token: string }>('POST', 'auth/login', { username, password })
export const signOut = () => call<void>('POST', 'auth/logout')
export const whoAmI = () => call<{ staff: Staff }>('GET', 'auth/me')

export const listConversations = (view: View, search: string) =>
  call<{ items: Summary[]; counts: Counts }>(
    'GET',
    `desk/conversations?${new URLSearchParams({ view, search })}`,
  )
export const readDetail = (id: string) => call<Detail>('GET', at(id))
export const readMessages = (id: string, after: number) =>
  call<{ messages: Message[]; conversation: ConversationPublic }>(
    'GET',
    at(id, `/messages?after=${after}`),
  )
export const sendMessage = (
  id: string,
  body: { client_message_id: string; text: string; attachment_id?: string },
) => call<{ message: Message }>('POST', at(id, '/messages'), body)
export const upload = (id: string, file: File, options: UploadOptions) =>
  post<{ attachment: Attachment }>(at(id, '/attachments'), file, options)
export const markRead = (id: string, seq: number) => call<void>('POST', at(id, '/read'), { seq })
export const readDelivery = (id: string) => call<Delivery>('GET', at(id, '/delivery'))
export const resend = (id: string, messageId: string) =>
  call<Delivery>('POST', at(id, `/messages/${encodeURIComponent(messageId)}/resend`), {})
export const accept = (id: string, epoch?: number) =>
  call<Detail>('POST', at(id, '/accept'), { epoch })
export const returnToBot = (id: string) => call<Detail>('POST', at(id, '/return-to-bot'), {})
export const transfer = (id: string, staffId: string | null, note: string) =>
  call<Detail>('POST', at(id, '/transfer'), { ...(staffId ? { staff_id: staffId } : {}), note })
export const close = (id: string, resolution: string) =>
  call<Detail>('POST', at(id, '/close'), { resolution })
export const clearEmergency = (id: string, note: string) =>
  call<Detail>('POST', at(id, '/clear-emergency'), { note })
/** The whole number; the look is audited. */
export const revealPhone = (id: string) =>
  call<{ value: string }>('POST', at(id, '/reveal'), { field: 'phone' })

export const openPages = () => call<{ items: Page[] }>('GET', 'pages?open=true')
export const acknowledge = (id: string) =>
  call<Page>('POST', `pages/${encodeURIComponent(id)}/acknowledge`)
export const present = () => call<{ items: Colleague[] }>('GET', 'staff/present')

export const suggest = (conversationId: string) =>
  call<Suggestions>('POST', 'assist/suggestions', { conversation_id: conversationId })
export const checkDraft = (conversationId: string, text: string) =>
  call<{ warnings: DraftWarning[]; took_ms: number }>('POST', 'assist/draft-check', {
    conversation_id: conversationId,
    text,
  })
export const giveFeedback = (body: {
  conversation_id?: string
  case_id?: string
  warning?: string
  kind: FeedbackKind
  rank: number
  query: string
}) => call<void>('POST', 'assist/feedback', body)

export const searchCases = (body: { query: string; k: number; product?: string; kind?: string }) =>
  call<{ hits: CaseHit[]; abstained: boolean; took_ms: number }>('POST', 'cases/search', body)
export const listSkills = () => call<{ items: Skill[] }>('GET', 'staff/skills')
export const setSkills = (id: string, skills: string[]) =>
  call<Staff>('PUT', `staff/${encodeURIComponent(id)}/skills`, { skills })
export const listStaff = () => call<{ items: Staff[] }>('GET', 'staff')
export const createStaff = (body: { username: string; display_name: string; role: Role }) =>
  call<{ staff: Staff; password: string }>('POST', 'staff', body)
