import { describe, expect, it } from 'vitest'
import { bodyOf, faultsOf, fieldsOf, freshDraft, rebased } from '../desk/src/complaints/verbForms'
import { complaint } from './complaints'

const measure = (what: string, owner: string) => ({ what, owner, due_at: '' })

describe('forms of acts on a complaint', () => {
  it('begins an edit with what is known, but never with a masked phone', () => {
    const draft = freshDraft('edit', complaint())
    expect(draft).toMatchObject({ summary: '不排水', product: '洗衣机', phone: '' })
  })

  it('sends only the facts that were changed', () => {
    const shown = complaint()
    const base = freshDraft('edit', shown)
    const draft = { ...base, place: ' 家里 ', reason: '客户来电' }
    expect(bodyOf('edit', draft, base)).toEqual({ place: '家里', reason: '客户来电' })
  })

  it('sends an emptied fact, so that a wrong one can be taken back', () => {
    const base = freshDraft('edit', complaint())
    expect(bodyOf('edit', { ...base, customer_name: '' }, base)).toEqual({ customer_name: '' })
  })

  it('keeps what somebody else changed meanwhile, and what was typed here', () => {
    const base = freshDraft('edit', complaint())
    const draft = { ...base, place: '公司' }
    const facts = { ...complaint().facts, order_no: 'AX1', place: '家里' }
    const fresh = freshDraft('edit', complaint({ facts }))
    const kept = rebased(draft, base, fresh)
    expect(kept).toMatchObject({ place: '公司', order_no: 'AX1' })
    expect(bodyOf('edit', kept, fresh)).toEqual({ place: '公司' })
  })

  it('asks for the number of the other complaint only when it is a duplicate', () => {
    const names = (reason: string) => fieldsOf('reject', { reason }).map((field) => field.name)
    expect(names('duplicate')).toContain('duplicate_of')
    expect(names('not_ours')).not.toContain('duplicate_of')
  })

  it('asks for no management cause when the chain ends unknown', () => {
    expect(fieldsOf('plan', { cause_kind: 'unknown' }).map((field) => field.name)).not.toContain('cause')
  })

  it('names everything that an empty plan lacks', () => {
    const draft = freshDraft('plan', complaint({ assigned_to: null }))
    expect(faultsOf('plan', draft)).toEqual(['whys', 'measures', 'owner_id', 'due_at', 'cost'])
  })

  it('sends a plan without blank rows and with the cost as a number', () => {
    const shown = complaint()
    const draft = {
      ...freshDraft('plan', shown),
      whys: ['泵堵了', '', ''],
      cause_kind: 'management',
      cause: '备件没有安全库存',
      measures: [measure('换泵', '李师傅'), measure('', '')],
      due_at: '2025-11-07T10:00:00Z',
      cost: '1,200.5 元',
    }
    expect(faultsOf('plan', draft)).toEqual([])
    expect(bodyOf('plan', draft, {})).toEqual({
      whys: ['泵堵了'],
      cause_kind: 'management',
      cause: '备件没有安全库存',
      measures: [{ what: '换泵', owner: '李师傅' }],
      owner_id: 'st_1',
      due_at: '2025-11-07T10:00:00Z',
      cost: 1200.5,
    })
  })

  it('keeps a measure without an owner from being sent', () => {
    const draft = { ...freshDraft('plan', complaint()), measures: [measure('换泵', '')] }
    expect(faultsOf('plan', draft)).toContain('measures')
  })

  it('wants a result for every measure of this round and leaves earlier rounds alone', () => {
    const row = { what: '换泵', owner: '李师傅', due_at: null, done_at: null }
    const shown = complaint({
      round: 2,
      measures: [{ id: 1, round: 1, result: '换了', ...row }, { id: 2, round: 2, result: '', ...row }],
    })
    const draft = freshDraft('resolve', shown)
    expect(draft.results).toEqual({ 2: '' })
    expect(faultsOf('resolve', draft)).toEqual(['results'])
    expect(bodyOf('resolve', { results: { 2: ' 好了 ' } }, {})).toEqual({ results: [{ measure_id: 2, result: '好了' }] })
  })

  it('proposes the three attempts once there are three', () => {
    expect(freshDraft('confirm', complaint({ attempts: 2 })).by).toBe('customer_word')
    expect(freshDraft('confirm', complaint({ attempts: 3 })).by).toBe('attempts')
  })
})
