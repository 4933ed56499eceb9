/** Webhooks: their shapes and calls, one function a route. */

import { call } from './http'

export interface Webhook {
  id: string
  url: string
  description: string
  events: string[]
  active: boolean
  off_reason: string
  not_before: string | null
  created_by: string
  created_at: string
  pending: number
  dead: number
  delivered_at: string | null
}

export interface WebhookDraft {
  url: string
  description: string
  events: string[]
  active: boolean
}

export type DeliveryState = 'pending' | 'delivered' | 'dead'

export interface Delivery {
  id: number
  webhook_id: string
  event_id: string
  type: string
  complaint_no: string | null
  state: DeliveryState
  attempts: number
  next_attempt_at: string | null
  status: number | null
  error: string
  excerpt: string
  tries: { at: string; status: number | null; error: string; took_ms: number }[]
  payload: Record<string, unknown>
  created_at: string
  finished_at: string | null
}

export interface DeliveryFilter {
  webhook_id?: string
  state?: string
  complaint?: string
}

type Told = { webhook: Webhook; secret: string }

const at = (id: string, act = '') => `webhooks/${encodeURIComponent(id)}${act}`

export const listWebhooks = () => call<{ items: Webhook[] }>('GET', 'webhooks')
export const listEventTypes = () => call<{ items: string[] }>('GET', 'webhooks/events')
export const createWebhook = (body: WebhookDraft) => call<Told>('POST', 'webhooks', body)
export const changeWebhook = (id: string, body: Partial<WebhookDraft>) =>
  call<Webhook>('PATCH', at(id), body)
export const rotateSecret = (id: string) => call<Told>('POST', at(id, '/rotate'))
export const removeWebhook = (id: string) => call<void>('DELETE', at(id))
export const testWebhook = (id: string) => call<Delivery>('POST', at(id, '/test'))
export const resend = (id: number) => call<Delivery>('POST', `webhooks/deliveries/${id}/resend`)

export function listDeliveries(filter: DeliveryFilter, cursor: number | null) {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value))
  if (cursor) query.set('cursor', String(cursor))
  return call<{ items: Delivery[]; next_cursor: number | null }>('GET', `webhooks/deliveries?${query}`)
}
