import { describe, expect, it } from 'vitest'
import { EVERYTHING_OPEN, filterOf, narrowing, parametersOf, queryOf, sameQuery } from '../desk/src/complaints/filters'

describe('filters of the complaint list', () => {
  it('keeps nothing of the plain list in the address', () => {
    expect(queryOf({ ...EVERYTHING_OPEN })).toEqual({})
  })

  it('finds the same filter again from its address', () => {
    const filter = {
      ...EVERYTHING_OPEN, view: 'overdue' as const, priority: ['urgent' as const], sensitive: true, q: '洗衣机', sort: 'due' as const,
    }
    expect(filterOf(queryOf(filter))).toEqual(filter)
  })

  it('reads an address with one state as a list of one', () => {
    expect(filterOf({ state: 'planned' }).state).toEqual(['planned'])
  })

  it('shows everything open for a view that it does not know', () => {
    expect(filterOf({ view: 'nonsense' }).view).toBe('open')
  })

  it('asks the service with each state by itself', () => {
    const asked = parametersOf({ ...EVERYTHING_OPEN, state: ['planned', 'executing'] }, 'c2', 50)
    expect(asked.getAll('state')).toEqual(['planned', 'executing'])
    expect(asked.get('cursor')).toBe('c2')
    expect(asked.get('view')).toBe('open')
  })

  it('sees that two saved queries mean the same', () => {
    expect(sameQuery({ q: '冰箱', view: 'mine' }, { view: 'mine', q: '冰箱', sort: 'newest' })).toBe(true)
    expect(sameQuery({ view: 'mine' }, {})).toBe(false)
  })

  it('counts what narrows the list, not its view and words', () => {
    expect(narrowing({ ...EVERYTHING_OPEN, view: 'mine', q: '冰箱', category: 'delivery', sensitive: true })).toBe(2)
  })
})
