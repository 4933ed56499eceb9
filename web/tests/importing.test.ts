import { expect, test } from 'vitest'
import { batches, lineOf, rejectsCsv } from '../desk/src/complaints/importing'

const row = (n: number, text = '坏了') => ({ row: n, fields: { summary: text } })

test('rows are sent in order, fifty at a time', () => {
  const rows = Array.from({ length: 120 }, (_, n) => row(n))
  const made = batches(rows)
  expect(made.map((batch) => batch.length)).toEqual([50, 50, 20])
  expect(made.flat()).toEqual(rows)
  expect(batches([])).toEqual([])
})

test('long rows make smaller batches, and one that is longer than a batch goes alone', () => {
  expect(batches([row(1, '长'.repeat(60_000)), row(2, '长'.repeat(60_000)), row(3)]).map((b) => b.length)).toEqual([1, 2])
  expect(batches([row(1, '长'.repeat(200_000)), row(2)]).map((b) => b.length)).toEqual([1, 1])
})

test('the heading is row one', () => {
  expect(lineOf(1)).toBe(2)
})

test('rows left out become a table for Excel, without formulas', () => {
  const csv = rejectsCsv(
    [['summary', '发生了什么'], ['phone', '手机号'], ['place', '地点']],
    '原因',
    [
      { fields: { summary: '说“坏了”,\n"又坏了"', phone: '=1+1' }, reasons: '手机号不对' },
      { fields: { phone: '12' }, reasons: '没有填“发生了什么”；手机号不对' },
    ],
  )
  expect(csv).toBe(
    '\ufeff发生了什么,手机号,原因\r\n"说“坏了”,\n""又坏了""",\'=1+1,手机号不对\r\n,12,没有填“发生了什么”；手机号不对\r\n',
  )
})
