/** What the complaint list is asked for, and its form as an address. Pure. */

import type {
  ComplaintPriority,
  ComplaintState,
  ComplaintView,
  SavedView,
} from '@/api/complaintShapes'
import { VIEWS } from './words'

export interface ComplaintFilter {
  view: ComplaintView
  state: ComplaintState[]
  priority: ComplaintPriority[]
  category: string
  channel: string
  sensitive: boolean
  assigned_to: string
  product: string
  q: string
  from: string
  to: string
  sort: 'newest' | 'due'
}

/** Keys and values as an address or a saved view holds them. */
export type FilterQuery = SavedView['query']

export const EVERYTHING_OPEN: Readonly<ComplaintFilter> = {
  view: 'open',
  state: [],
  priority: [],
  category: '',
  channel: '',
  sensitive: false,
  assigned_to: '',
  product: '',
  q: '',
  from: '',
  to: '',
  sort: 'newest',
}

const WORDS = ['category', 'channel', 'assigned_to', 'product', 'from', 'to'] as const
const LISTS = ['state', 'priority'] as const

/** Only what differs from the plain list of everything open. */
export function queryOf(filter: ComplaintFilter): FilterQuery {
  const query: FilterQuery = {}
  if (filter.view !== 'open') query.view = filter.view
  for (const key of LISTS) if (filter[key].length > 0) query[key] = [...filter[key]]
  for (const key of WORDS) if (filter[key]) query[key] = filter[key]
  if (filter.q.trim()) query.q = filter.q.trim()
  if (filter.sensitive) query.sensitive = 'true'
  if (filter.sort !== 'newest') query.sort = filter.sort
  return query
}

/** The filter that an address or a saved view means; what it does not know is left out. */
export function filterOf(query: Readonly<Record<string, unknown>>): ComplaintFilter {
  const word = (key: string) => {
    const value = query[key]
    return typeof value === 'string' ? value : ''
  }
  const many = (key: string) => {
    const value = query[key]
    if (typeof value === 'string') return [value]
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
  }
  const view = word('view')
  return {
    view: (VIEWS as readonly string[]).includes(view) ? (view as ComplaintView) : 'open',
    state: many('state') as ComplaintState[],
    priority: many('priority') as ComplaintPriority[],
    category: word('category'),
    channel: word('channel'),
    sensitive: String(query.sensitive) === 'true',
    assigned_to: word('assigned_to'),
    product: word('product'),
    q: word('q'),
    from: word('from'),
    to: word('to'),
    sort: word('sort') === 'due' ? 'due' : 'newest',
  }
}

/** What the API is asked. */
export function parametersOf(filter: ComplaintFilter, cursor: string | null, limit: number) {
  const parameters = new URLSearchParams({ view: filter.view, limit: String(limit) })
  for (const [key, value] of Object.entries(queryOf(filter))) {
    if (key === 'view') continue
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(key, one)
  }
  if (cursor) parameters.set('cursor', cursor)
  return parameters
}

/** Whether two queries ask for the same list, whatever the order of their keys. */
export function sameQuery(a: FilterQuery, b: FilterQuery): boolean {
  const plain = (query: FilterQuery) => JSON.stringify(Object.entries(queryOf(filterOf(query))).sort())
  return plain(a) === plain(b)
}

/** How many things narrow the list beside its view and its words. */
export function narrowing(filter: ComplaintFilter): number {
  const { view: _view, q: _q, sort: _sort, ...rest } = queryOf(filter)
  return Object.keys(rest).length
}
