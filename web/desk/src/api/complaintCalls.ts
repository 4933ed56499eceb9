/** The calls of complaints, one function a route. */

import { call, submitForm } from './http'
import type {
  Board,
  CallTask,
  Compensation,
  ComplaintCounts,
  ComplaintDetail,
  ComplaintOptions,
  ComplaintSummary,
  Evidence,
  MoneyAnswer,
  MoneyRequest,
  Notice,
  PendingMoney,
  Registration,
  Remedy,
  SavedView,
  StaffRef,
  StatusView,
  VerbName,
} from './complaintShapes'

const at = (no: string, act = '') => `complaints/${encodeURIComponent(no)}${act}`

export const list = (query: URLSearchParams) =>
  call<{ items: ComplaintSummary[]; next_cursor: string | null }>('GET', `complaints?${query}`)
export const counts = () => call<ComplaintCounts>('GET', 'complaints/counts')
export const board = () => call<Board>('GET', 'complaints/board')
export const options = () => call<ComplaintOptions>('GET', 'complaints/options')
export const read = (no: string) => call<ComplaintDetail>('GET', at(no))
/** The complete file, to be opened by the browser. */
export const dossierUrl = (no: string, format: 'pdf' | 'json') =>
  `/api/v1/${at(no, `/dossier?format=${format}`)}`
/** The whole number; the look is audited. */
export const reveal = (no: string) =>
  call<{ value: string }>('POST', at(no, '/reveal'), { field: 'phone' })

export const views = () => call<{ items: SavedView[] }>('GET', 'complaints/views')
export const saveView = (name: string, query: SavedView['query']) =>
  call<SavedView>('POST', 'complaints/views', { name, query })
export const dropView = (id: string) =>
  call<void>('DELETE', `complaints/views/${encodeURIComponent(id)}`)
export const notices = () =>
  call<{ items: Notice[]; unread: number }>('GET', 'complaints/notices')
export const readNotices = (ids: number[]) =>
  call<void>('POST', 'complaints/notices/read', { ids })

export const register = (body: Partial<Registration> & { idempotency_key: string }) =>
  call<ComplaintDetail>('POST', 'complaints', body)
export const draftFrom = (conversationId: string) =>
  call<Partial<Registration> & { phone_masked?: string }>(
    'GET',
    `conversations/${encodeURIComponent(conversationId)}/complaint-draft`,
  )

/** Any act that changes the complaint and needs the version it was read at. */
export const act = (no: string, verb: VerbName, body: { version: number }) =>
  call<ComplaintDetail>('POST', at(no, `/${verb}`), body)
export const watch = (no: string, on: boolean) =>
  call<ComplaintDetail>('POST', at(no, '/watch'), { on })
/** Says that the bad turn of the observation is being seen to. */
export const seeAlert = (no: string) => call<ComplaintDetail>('POST', at(no, '/alert/seen'))
export const note = (no: string, text: string, mentions: string[]) =>
  call<ComplaintDetail>('POST', at(no, '/note'), { text, mentions })
export const presence = (no: string) =>
  call<{ others: StaffRef[] }>('POST', at(no, '/presence'), {})
export const callDone = (no: string, id: number, reached: boolean, outcome: string) =>
  call<CallTask>('POST', at(no, `/calls/${id}/done`), { reached, outcome })

export function addEvidence(no: string, file: File, note: string): Promise<Evidence> {
  const form = new FormData()
  form.set('file', file)
  if (note) form.set('note', note)
  return submitForm<Evidence>(at(no, '/evidence'), form)
}

export const requestMoney = (no: string, body: MoneyRequest & { idempotency_key: string }) =>
  call<Compensation>('POST', at(no, '/compensations'), body)
export const decideMoney = (
  request: Pick<Compensation, 'complaint_no' | 'id' | 'version'>,
  decision: 'approve' | 'deny' | 'withdraw',
  reason: string,
) =>
  call<Compensation>(
    'POST',
    at(request.complaint_no, `/compensations/${encodeURIComponent(request.id)}/${decision}`),
    { version: request.version, reason },
  )
/** Notes what was paid of a granted sum; now, unless `paid_at` says otherwise. */
export const recordPayout = (
  request: Pick<Compensation, 'complaint_no' | 'id'>,
  paid: { amount: number; reference: string; paid_at?: string },
) =>
  call<Compensation>(
    'POST',
    at(request.complaint_no, `/compensations/${encodeURIComponent(request.id)}/payout`),
    paid,
  )
/** Whether this person may grant the amount (CNY) alone, and who may otherwise. */
export const authorityFor = (no: string, amount: number) =>
  call<MoneyAnswer>('GET', at(no, `/authority?amount=${amount}`))
export const remedies = (no: string) =>
  call<{ tier: string; highest: string; items: Remedy[] }>('GET', at(no, '/remedies'))
export const approvals = () =>
  call<{ items: PendingMoney[]; total: number }>('GET', 'approvals?limit=100')

export const status = (no: string, phone: string) =>
  call<StatusView>('POST', 'status', { no, phone })
export const statusReply = (no: string, phone: string, text: string) =>
  call<StatusView>('POST', 'status/reply', { no, phone, text })
export const statusRating = (
  no: string,
  phone: string,
  rating: { score: number; satisfied: boolean; comment: string },
) => call<StatusView>('POST', 'status/rating', { no, phone, ...rating })
