/** What each act on a complaint asks for, as data; and the way from a typed form to a body. Pure. */

import type { ComplaintDetail, VerbName } from '@/api/complaintShapes'
import { fen } from './money'
import { chainFault, trimmed, type ChainEnd } from './whys'
import { CATEGORIES, MOTIVES, NEEDS, PRIORITIES, RESPONSIBILITIES } from './words'

export interface MeasureDraft {
  what: string
  owner: string
  due_at: string
}

/** A form as typed. Every act uses some of these. */
export interface Draft {
  [name: string]: string | number | boolean | null | string[] | MeasureDraft[] | Record<string, string>
}

export type FieldKind =
  | 'line'
  | 'text'
  | 'select'
  | 'switch'
  | 'moment'
  | 'money'
  | 'staff'
  | 'score'
  | 'product'
  | 'whys'
  | 'measures'
  | 'results'

export interface Field {
  name: string
  kind: FieldKind
  required?: boolean
  /** For `select`: the group of identifiers, also the group of their names. */
  group?: string
  options?: readonly string[]
  /** Shown only then. */
  when?: (draft: Draft) => boolean
}

const note: Field = { name: 'note', kind: 'text' }
const reason: Field = { name: 'reason', kind: 'text', required: true }
const message: Field = { name: 'message', kind: 'text' }
const priority: Field = {
  name: 'priority', kind: 'select', group: 'complaintPriority', options: PRIORITIES, required: true,
}
const category: Field = {
  name: 'category', kind: 'select', group: 'complaintCategory', options: CATEGORIES,
}
const line = (name: string): Field => ({ name, kind: 'line' })

const PLAN: readonly Field[] = [
  { name: 'whys', kind: 'whys', required: true },
  { name: 'cause', kind: 'text', required: true, when: (draft) => draft.cause_kind === 'management' },
  { name: 'measures', kind: 'measures', required: true },
  { name: 'owner_id', kind: 'staff', required: true },
  { name: 'due_at', kind: 'moment', required: true },
  { name: 'cost', kind: 'money', required: true },
  note,
  ]

export const FORMS: Readonly<Record<VerbName, readonly Field[]>> = {
  register: [message],
  verify: [note],
  assess: [
    {
      name: 'responsibility', kind: 'select', group: 'responsibility', required: true,
      options: RESPONSIBILITIES,
    },
    priority,
    category,
    { name: 'need', kind: 'select', group: 'need', options: NEEDS },
    { name: 'motive', kind: 'select', group: 'motive', options: MOTIVES },
    note,
  ],
  plan: PLAN,
  revise: PLAN,
  execute: [note],
  resolve: [{ name: 'results', kind: 'results', required: true }, message],
  confirm: [
    {
      name: 'by', kind: 'select', group: 'confirmBy', required: true,
      options: ['customer_word', 'attempts'],
    },
    {
      name: 'words', kind: 'text', required: true, when: (draft) => draft.by === 'customer_word',
    },
    { name: 'score', kind: 'score', when: (draft) => draft.by === 'customer_word' },
    { name: 'comment', kind: 'text', when: (draft) => draft.by === 'customer_word' },
  ],
  archive: [{ name: 'waiver', kind: 'text' }],
  reprocess: [reason, { name: 'measures', kind: 'measures' }],
  reject: [
    {
      name: 'reason', kind: 'select', group: 'rejectReason', required: true,
      options: ['duplicate', 'not_ours'],
    },
    {
      name: 'duplicate_of', kind: 'line', required: true,
      when: (draft) => draft.reason === 'duplicate',
    },
    { ...note, required: true },
  ],
  restore: [reason],
  reopen: [reason],
  edit: [
    { name: 'summary', kind: 'text', required: true },
    line('customer_name'),
    line('phone'),
    line('contact'),
    { name: 'product', kind: 'product' },
    line('model'),
    line('order_no'),
    line('occurred_at'),
    line('place'),
    category,
    { name: 'no_evidence_reason', kind: 'text' },
    { name: 'reason', kind: 'line' },
  ],
  prioritize: [priority, { name: 'sensitive', kind: 'switch' }, reason],
  investigate: [{ ...note, required: true }],
  statement: [{ name: 'text', kind: 'text', required: true }],
  progress: [
    { name: 'known', kind: 'text', required: true },
    { name: 'action', kind: 'text', required: true },
    { name: 'next_at', kind: 'moment', required: true },
    { name: 'text', kind: 'text' },
  ],
  contact: [
    {
      name: 'way', kind: 'select', group: 'contactWay', required: true,
      options: ['call', 'message', 'visit'],
    },
    { name: 'reached', kind: 'switch' },
    { ...note, required: true },
  ],
  pause: [reason],
  resume: [note],
  measure: [
    { name: 'what', kind: 'text', required: true },
    { name: 'owner', kind: 'line', required: true },
    { name: 'due_at', kind: 'moment' },
  ],
  'measure-result': [{ name: 'result', kind: 'text', required: true }],
  rate: [{ name: 'score', kind: 'score', required: true }, { name: 'comment', kind: 'text' }],
  take: [],
  assign: [{ name: 'staff_id', kind: 'staff', required: true }, note],
  'hand-over': [{ name: 'staff_id', kind: 'staff', required: true }, { ...note, required: true }],
  release: [{ ...note, required: true }],
}

/** The fields that show for this draft. */
export function fieldsOf(verb: VerbName, draft: Draft): Field[] {
  return FORMS[verb].filter((field) => !field.when || field.when(draft))
}

/** An empty form, or one filled in with what the complaint already says. */
export function freshDraft(verb: VerbName, detail: ComplaintDetail): Draft {
  switch (verb) {
    case 'assess': {
      const { responsibility, need, motive, note: said } = detail.assessment
      const { priority: weight, category: about } = detail
      return { responsibility, priority: weight, category: about, need, motive, note: said }
    }
    case 'plan':
    case 'revise':
      return planDraft(detail)
    case 'resolve':
      return { results: Object.fromEntries(thisRound(detail).map((one) => [one.id, one.result])) }
    case 'confirm':
      return { by: detail.attempts >= 3 ? 'attempts' : 'customer_word', score: null }
    case 'reprocess':
      return { reason: '', measures: [{ what: '', owner: '', due_at: '' }] }
    case 'edit':
      return editDraft(detail)
    case 'prioritize':
      return { priority: detail.priority, sensitive: detail.sensitive, reason: '' }
    case 'contact':
      return { way: 'call', reached: true, note: '' }
    case 'assign':
      return { staff_id: 'auto', note: '' }
    default:
      return {}
  }
}

function planDraft(detail: ComplaintDetail): Draft {
  const plan = detail.plan
  const measures = thisRound(detail).map(({ what, owner, due_at: due }) => ({
    what,
    owner,
    due_at: due ?? '',
  }))
  return {
    whys: plan ? [...plan.whys] : [''],
    cause_kind: plan?.cause_kind ?? null,
    cause: plan?.cause ?? '',
    measures: measures.length > 0 ? measures : [{ what: '', owner: '', due_at: '' }],
    owner_id: plan?.owner.id ?? detail.assigned_to?.id ?? '',
    due_at: plan?.due_at ?? '',
    cost: plan ? String(plan.cost) : '',
    note: plan?.note ?? '',
  }
}

/** The phone is masked here: left empty it stays as it is. */
function editDraft(detail: ComplaintDetail): Draft {
  const { phone_masked: _masked, what, ...facts } = detail.facts
  return { ...facts, summary: what, phone: '', category: detail.category, reason: '' }
}

export const thisRound = (detail: ComplaintDetail) =>
  detail.measures.filter((measure) => measure.round === detail.round)

/** Names of the fields that still keep the form from being sent. */
export function faultsOf(verb: VerbName, draft: Draft): string[] {
  return fieldsOf(verb, draft)
    .filter((field) => !isFine(field, draft))
    .map((field) => field.name)
}

function isFine(field: Field, draft: Draft): boolean {
  const value = draft[field.name]
  switch (field.kind) {
    case 'whys':
      return chainFault((value ?? []) as string[], draft.cause_kind as ChainEnd | null) === null
    case 'measures':
      return isFineList(keptMeasures(value), field.required === true)
    case 'results':
      return Object.values((value ?? {}) as Record<string, string>).every((one) => one.trim() !== '')
    case 'money':
      return fen(String(value ?? '')) !== null
    case 'switch':
      return true
    case 'score':
      return !field.required || (typeof value === 'number' && value > 0)
    default:
      return !field.required || String(value ?? '').trim() !== ''
  }
}

function isFineList(measures: MeasureDraft[], required: boolean): boolean {
  return measures.every((one) => one.what && one.owner) && (!required || measures.length > 0)
}

function keptMeasures(value: Draft[string] | undefined): MeasureDraft[] {
  return ((value ?? []) as MeasureDraft[])
    .map((one) => ({ what: one.what.trim(), owner: one.owner.trim(), due_at: one.due_at }))
    .filter((one) => one.what || one.owner)
}

/**
 * What is sent beside the version. Empty optional fields are left out; an edit sends what differs
 * from `base`, the form as it was when it was begun.
 */
export function bodyOf(verb: VerbName, draft: Draft, base: Draft): object {
  if (verb === 'edit') return changedFacts(draft, base)
  const body: Record<string, unknown> = verb === 'measure-result' ? { measure_id: draft.measure_id } : {}
  for (const field of fieldsOf(verb, draft)) Object.assign(body, part(field, draft))
  return body
}

function part(field: Field, draft: Draft): object {
  const value = draft[field.name]
  switch (field.kind) {
    case 'whys':
      return {
        whys: trimmed(value as string[]),
        cause_kind: draft.cause_kind,
        ...(draft.cause_kind === 'unknown' ? { cause: '' } : {}),
      }
    case 'measures': {
      const measures = keptMeasures(value)
      const plain = measures.map(({ due_at: due, ...rest }) => (due ? { ...rest, due_at: due } : rest))
      return measures.length > 0 ? { measures: plain } : {}
    }
    case 'results':
      return {
        results: Object.entries((value ?? {}) as Record<string, string>).map(([id, result]) => ({
          measure_id: Number(id),
          result: result.trim(),
        })),
      }
    case 'money':
      return { [field.name]: (fen(String(value)) ?? 0) / 100 }
    case 'switch':
      return { [field.name]: value === true }
    default: {
      const plain = typeof value === 'string' ? value.trim() : value
      return plain === '' || plain === null || plain === undefined ? {} : { [field.name]: plain }
    }
  }
}

function changedFacts(draft: Draft, before: Draft): object {
  const body: Record<string, unknown> = {}
  for (const { name } of FORMS.edit) {
    const value = String(draft[name] ?? '').trim()
    if (value !== String(before[name] ?? '').trim()) body[name] = value
  }
  return body
}

/**
 * What was typed, put onto a newer state: fields that this person left alone take the new value, so
 * that nobody's change is undone unseen.
 */
export function rebased(draft: Draft, base: Draft, fresh: Draft): Draft {
  const same = (name: string) => JSON.stringify(draft[name]) === JSON.stringify(base[name])
  const untouched = Object.entries(fresh).filter(([name]) => same(name))
  return { ...draft, ...Object.fromEntries(untouched) }
}

/** The act that carries a complaint onward from each state. */
export const ONWARD: Readonly<Partial<Record<string, VerbName>>> = {
  received: 'register',
  registered: 'verify',
  verified: 'assess',
  assessed: 'plan',
  planned: 'execute',
  executing: 'resolve',
  resolved: 'confirm',
  confirmed: 'archive',
  rejected: 'restore',
}
