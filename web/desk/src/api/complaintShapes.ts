/** Shapes of complaints (SPEC section 5). Times are ISO-8601 UTC, money is CNY. */

export type ComplaintState =
  | 'received'
  | 'registered'
  | 'verified'
  | 'assessed'
  | 'planned'
  | 'awaiting_approval'
  | 'executing'
  | 'resolved'
  | 'confirmed'
  | 'archived'
  | 'rejected'
export type ComplaintPriority = 'urgent' | 'important' | 'general'
export type ComplaintView =
  | 'open'
  | 'mine'
  | 'watching'
  | 'unassigned'
  | 'overdue'
  | 'waiting'
  | 'escalated'
  | 'closed'
  | 'all'
export type ClockKind =
  | 'first_response'
  | 'plan'
  | 'investigation'
  | 'statement'
  | 'daily_progress'
  | 'follow_up'
  | 'observation'
export type ClockState = 'running' | 'paused' | 'warned' | 'breached' | 'met' | 'stopped'

export interface StaffRef {
  id: string
  display_name: string
}

export interface ClockMark {
  kind: ClockKind
  state: ClockState
  due_at: string | null
}

export interface ComplaintSummary {
  no: string
  state: ComplaintState
  round: number
  life: number
  priority: ComplaintPriority
  sensitive: boolean
  category: string
  hazard: string
  channel: string
  product: string
  summary: string
  customer: { id: string | null; name: string; phone_masked: string; tier: string }
  assigned_to: StaffRef | null
  watching: boolean
  waiting_for_customer: boolean
  escalated: boolean
  overdue: boolean
  next_clock: ClockMark | null
  version: number
  created_at: string
  updated_at: string
}

export interface ComplaintClock extends ClockMark {
  id: number
  calendar: 'working' | 'always' | 'daily'
  budget_s: number
  used_s: number
  remaining_s: number
  warn_at: string | null
  started_at: string
  paused_at: string | null
  ended_at: string | null
  warned_at: string | null
  breached_at: string | null
  round: number
  /** The calendar of that year is not published yet. */
  uncertain: boolean
  history: { at: string; actor: string; why: string; old_due_at: string | null; due_at: string | null }[]
}

export interface Measure {
  id: number
  round: number
  what: string
  owner: string
  due_at: string | null
  result: string
  done_at: string | null
}

export interface Plan {
  whys: string[]
  cause_kind: 'management' | 'unknown'
  cause: string
  owner: StaffRef
  due_at: string
  cost: number
  note: string
  planned_by: string
  planned_at: string
}

export interface TimelineAct {
  id: number
  at: string
  actor: string
  actor_id: string | null
  act: string
  reason: string
  visible_to: 'customer' | 'internal'
  version: number
  round: number
  from_state: ComplaintState | null
  to_state: ComplaintState | null
  detail: Record<string, unknown>
}

export interface Evidence {
  id: string
  name: string
  mime: string
  size: number
  note: string
  added_by: string
  added_at: string
  url: string
  thumbnail_url: string | null
}

export interface CallTask {
  id: number
  complaint_no: string
  reason: string
  say: string
  phone_masked: string
  created_at: string
  due_at: string
  done_at: string | null
  outcome: string
  by: string
}

export interface Missing {
  field: string
  why: string
}

export type VerbName =
  | 'register'
  | 'verify'
  | 'assess'
  | 'plan'
  | 'revise'
  | 'execute'
  | 'resolve'
  | 'confirm'
  | 'archive'
  | 'reprocess'
  | 'reject'
  | 'restore'
  | 'reopen'
  | 'edit'
  | 'prioritize'
  | 'investigate'
  | 'statement'
  | 'progress'
  | 'contact'
  | 'pause'
  | 'resume'
  | 'measure'
  | 'measure-result'
  | 'rate'
  | 'take'
  | 'assign'
  | 'hand-over'
  | 'release'

export interface VerbOffer {
  verb: VerbName
  allowed: boolean
  reason: string
  missing: Missing[]
}

export interface ComplaintFacts {
  customer_name: string
  phone_masked: string
  contact: string
  product: string
  model: string
  order_no: string
  what: string
  occurred_at: string
  place: string
  no_evidence_reason: string
}

export type Decider = 'agent' | 'supervisor' | 'hq'

export interface Compensation {
  id: string
  complaint_no: string
  amount: number
  kind: MoneyKind
  level: string
  reason: string
  overcharged: number | null
  status: 'pending' | 'approved' | 'denied' | 'withdrawn'
  version: number
  author: StaffRef & { role: string }
  created_at: string
  round: number
  /** What the sum is or would be with it: the larger of the complaint's and the customer's. */
  total: number
  /** The lowest role that may approve it; null once decided. */
  needs: Decider | null
  may_approve: boolean
  may_deny: boolean
  may_withdraw: boolean
  why: string
  /** Why it looks like part of a split; empty when it does not. */
  split: string
  decision: {
    act: 'grant' | 'approve' | 'deny' | 'withdraw'
    by: StaffRef & { role: string }
    at: string
    reason: string
  } | null
  may_pay: boolean
  payout: {
    amount: number
    paid_at: string
    reference: string
    by: StaffRef & { role: string }
    recorded_at: string
  } | null
}

export type MoneyKind =
  | 'cash'
  | 'coupon'
  | 'gift'
  | 'repair'
  | 'extended_warranty'
  | 'replacement'
  | 'double_refund'
  | 'other'

export interface MoneySummary {
  requested: number
  approved: number
  pending: number
  paid: number
  customer_30_days: number
  authority: { limit: number | null; left: number | null; decider: Decider | null }
  requests: Compensation[]
}

export interface Remedy {
  kind: MoneyKind
  level: string
  title: string
  amount: number | null
  basis: string[]
  owed: boolean
  /** Whether this user may grant its amount alone; null without an amount. */
  allowed: boolean | null
}

/** What one may decide about one amount, and who may otherwise. */
export interface MoneyAnswer {
  allowed: boolean
  ground: string
  words: string
  limit: number | null
  left: number | null
  total: number
  roles: string[]
  split: string
}

export interface MoneyRequest {
  kind: MoneyKind
  level: string
  reason: string
  amount?: number
  overcharged?: number
}

export type PendingMoney = Compensation & {
  complaint: Pick<
    ComplaintSummary,
    'no' | 'state' | 'priority' | 'sensitive' | 'category' | 'product' | 'summary'
  >
}

export type ObservationKind = 'contact' | 'complaint' | 'purchase' | 'rating'

export interface ComplaintDetail extends ComplaintSummary {
  facts: ComplaintFacts
  assessment: {
    responsibility: string | null
    need: string | null
    motive: string | null
    note: string
  }
  plan: Plan | null
  measures: Measure[]
  clocks: ComplaintClock[]
  observation: {
    since: string
    until: string | null
    ended_at: string | null
    noted: Partial<Record<ObservationKind, number>>
    alert: {
      kind: ObservationKind
      words: string
      raised_at: string
      seen_at: string | null
      seen_by: string
    } | null
  } | null
  timeline: TimelineAct[]
  evidence: Evidence[]
  satisfaction: {
    score: number | null
    satisfied: boolean | null
    comment: string
    by: 'customer' | 'agent' | ''
    at: string | null
    waiver: string
  }
  attempts: number
  watchers: StaffRef[]
  calls: CallTask[]
  rejection: { reason: string; duplicate_of: string | null; note: string } | null
  lineage: {
    life: number
    ended_state: ComplaintState
    ended_at: string
    reopened_at: string
    reopened_by: string
    reason: string
    rounds: number
    satisfaction: number | null
  }[]
  conversation_id: string | null
  external_id: string | null
  same_customer: {
    no: string
    state: ComplaintState
    priority: ComplaintPriority
    summary: string
    created_at: string
  }[]
  compensation: MoneySummary | null
  presence: StaffRef[]
  verbs: VerbOffer[]
  moves: ComplaintState[]
}

export interface ComplaintCounts {
  open: number
  mine: number
  watching: number
  unassigned: number
  overdue: number
  waiting: number
  escalated: number
  approvals: number
}

export interface Board {
  now: string
  totals: {
    open: number
    unassigned: number
    running: number
    warned: number
    overdue: number
    paused: number
  }
  clocks: {
    no: string
    kind: ClockKind
    state: ClockState
    due_at: string | null
    remaining_s: number
    priority: ComplaintPriority
    sensitive: boolean
    product: string
    assigned_to: StaffRef | null
  }[]
  alerts: {
    no: string
    kind: ObservationKind
    words: string
    raised_at: string
    product: string
    assigned_to: StaffRef | null
  }[]
  holders: { id: string; display_name: string; open: number; warned: number; overdue: number }[]
}

export interface ComplaintOptions {
  states: ComplaintState[]
  categories: string[]
  priorities: ComplaintPriority[]
  needs: string[]
  motives: string[]
  responsibilities: string[]
  channels: string[]
  reject_reasons: string[]
  staff: { id: string; display_name: string; role: string; open: number }[]
  calendar: { shifts: [string, string][]; timezone: string; known_until: number }
}

export interface Notice {
  id: number
  complaint_no: string
  kind: string
  text: string
  actor: string
  at: string
  read_at: string | null
}

export interface SavedView {
  id: string
  name: string
  query: Record<string, string | string[]>
}

/** What `POST complaints` takes beside its idempotency key. */
export interface Registration {
  channel: string
  summary: string
  customer_name: string
  phone: string
  contact: string
  product: string
  model: string
  order_no: string
  occurred_at: string
  place: string
  category: string
  priority: ComplaintPriority | ''
  sensitive: boolean
  conversation_id: string
  no_evidence_reason: string
  register: boolean
}

/** One act since the version a person was looking at. */
export interface ChangeSince {
  version: number
  at: string
  actor: string
  act: string
  reason: string
}

/** What a customer sees of his complaint. */
export interface StatusView {
  no: string
  state: ComplaintState
  title: string
  next: string
  opened_at: string
  product: string
  round: number
  can_rate: boolean
  can_reopen: boolean
  waiting_for_you: string
  timeline: { at: string; title: string; text: string }[]
}
