/** Shapes that only staff see. */

import type { Sender, State } from '@shared/contract'

export type Role = 'agent' | 'supervisor' | 'trainer' | 'hq' | 'admin'
export type View = 'queue' | 'mine' | 'bot' | 'closed' | 'all'
export type Priority = 'urgent' | 'sensitive' | 'normal'
export type Level = 'emergency' | 'sensitive' | 'routine'
export type Certainty = 'confirmed' | 'suspected' | 'cleared'
export type Feeling = 'calm' | 'annoyed' | 'angry'

export interface Staff {
  id: string
  username: string
  display_name: string
  role: Role
  /** Ids of skills; automatic assignment goes by them. */
  skills: string[]
}

export interface Skill {
  id: string
  title: string
  categories: string[]
  products: string[]
}

export interface Colleague {
  id: string
  display_name: string
  role: Role
}

export interface TriageMark {
  level: Level
  category: string
  certainty: Certainty | null
  words: string[]
}

export interface Customer {
  id: string
  name: string
  phone_masked: string
  tier: string
}

export interface Summary {
  id: string
  state: State
  channel: string
  customer: Customer
  priority: Priority
  triage: TriageMark
  assigned_to: { id: string; display_name: string } | null
  queued_at: string | null
  waiting_s: number | null
  last_message: { sender: Sender; text: string; created_at: string } | null
  unread: number
  callback: boolean
  updated_at: string
}

export interface HandoverNote {
  asked: string[]
  tried: string[]
  slots: Record<string, string>
  feeling: Feeling
  triage?: TriageMark
  complaint_no?: string | null
  reason: string
}

export interface Detail extends Summary {
  epoch: number
  episode: number
  handover: HandoverNote | null
  complaints: { no: string; priority: string; state: string; opened_at: string }[]
  repairs: { no: string; product: string; slot: string; state: string }[]
  orders: {
    order_no: string
    product: string
    bought_on: string | null
    state: string
    refund: string
    logistics: string
    invoice: string
    installation: string
  }[]
  history: {
    conversation_id?: string
    complaint_no?: string
    when: string
    summary: string
  }[]
}

export interface Page {
  id: string
  conversation_id: string | null
  complaint_no?: string | null
  /** `clock`: a deadline of a complaint ran out; its category is the kind of clock. */
  level: Level | 'clock'
  category: string
  category_title: string
  reason: string
  audience: 'everyone' | 'supervisors'
  times: number
  created_at: string
  acknowledged_at: string | null
  acknowledged_by: string | null
}

export interface Compensation {
  level: string
  detail: string
  amount: number
}

export interface Solution {
  case_id: string
  title: string
  steps: string[]
  reasons: string[]
  outcome: string
  success_rate: number | null
  times_used: number
  compensation: Compensation | null
  product: string
  score: number
  rank: number
}

export interface EmpathyPhrase {
  id: string
  text: string
  scene: string
}

export interface Suggestions {
  query: string
  abstained: boolean
  solutions: Solution[]
  empathy: EmpathyPhrase[]
  facts: { label: string; value: string }[]
  ask_next: string[]
  took_ms: number
}

export type FeedbackKind = 'used' | 'edited' | 'dismissed' | 'up' | 'down'

export interface CaseHit {
  case: {
    id: string
    title: string
    product?: string
    model?: string
    fault_code?: string
    category?: string
    solution_steps?: string[]
    outcome?: string
    compensation?: Compensation | null
    tags?: string[]
    status?: string
  }
  score: number
  rank: number
  reasons: string[]
}

export interface Counts {
  queue: number
  mine: number
  bot: number
  closed: number
  all: number
}

/** A message that has not reached its customer, and why. */
export interface Undelivered {
  message_id: string
  seq: number
  sender: string
  text: string
  state: 'pending' | 'held' | 'doubt' | 'dead'
  reason: string
  attempts: number
}

/** What may still be sent to this customer; `quota` is null where the channel has none. */
export interface Delivery {
  quota: { left: number; limit: number; until: string | null } | null
  undelivered: Undelivered[]
}
