import type { Message } from '@shared/contract'
import { isPicture } from '@shared/files'
import { dayLabel, fileSize, sameDay, timeOfDay, type Language } from '@shared/format'
import { splitLinks } from '@shared/links'
import { splitNumbered } from '@shared/numbered'
import type { Chat } from './chat'
import { h, icon } from './dom'
import type { Entry } from './outbox'
import type { Texts } from './texts'

const NEAR_PX = 80

export interface MessageActions {
  choose: (text: string) => void
  enlarge: (url: string, name: string) => void
}

/** The list of messages; nodes are kept by key, so that a redraw touches only what changed. */
export class MessageList {
  readonly element = h('div', { class: 'list', role: 'log', 'aria-live': 'polite', tabindex: 0 })
  private readonly nodes = new Map<string, { node: HTMLElement; stamp: string }>()

  constructor(
    private readonly chat: Chat,
    private readonly texts: Texts,
    private readonly language: Language,
    private readonly actions: MessageActions,
  ) {
    this.element.addEventListener('load', () => this.nearBottom() && this.toBottom(), true)
  }

  draw(extra: HTMLElement | null): void {
    const follow = this.nearBottom()
    const wanted: HTMLElement[] = []
    const used = new Set<string>()
    const keep = (key: string, stamp: string, make: () => HTMLElement) => {
      const known = this.nodes.get(key)
      const node = known?.stamp === stamp ? known.node : make()
      this.nodes.set(key, { node, stamp })
      used.add(key)
      wanted.push(node)
    }
    this.drawMessages(keep)
    for (const entry of this.chat.outbox.list) {
      keep(entry.client_message_id, `${entry.state}`, () => this.pending(entry))
    }
    if (this.chat.typing) keep('typing', this.chat.typing, () => this.typing())
    if (extra) wanted.push(extra)
    for (const key of [...this.nodes.keys()]) if (!used.has(key)) this.nodes.delete(key)
    this.place(wanted)
    if (follow) this.toBottom()
  }

  toBottom(): void {
    this.element.scrollTop = this.element.scrollHeight
  }

  private drawMessages(keep: (key: string, stamp: string, make: () => HTMLElement) => void): void {
    const { messages } = this.chat.timeline
    const last = messages.at(-1)
    let before: Message | null = null
    for (const message of messages) {
      if (before === null || !sameDay(before.created_at, message.created_at)) {
        const label = dayLabel(message.created_at, new Date(), this.language)
        keep(`day ${message.seq}`, label, () => h('div', { class: 'day' }, label))
      }
      const live = message === last
      const together = before !== null && before.sender === message.sender && before.kind !== 'notice'
      const stamp = `${live} ${together} ${message.attachment?.url ?? ''}`
      keep(`m${message.seq}`, stamp, () => this.message(message, live, together))
      before = message
    }
  }

  private place(wanted: HTMLElement[]): void {
    wanted.forEach((node, index) => {
      if (this.element.children[index] !== node) {
        this.element.insertBefore(node, this.element.children[index] ?? null)
      }
    })
    while (this.element.children.length > wanted.length) this.element.lastElementChild?.remove()
  }

  private nearBottom(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.element
    return scrollHeight - scrollTop - clientHeight < NEAR_PX
  }

  private message(message: Message, live: boolean, together: boolean): HTMLElement {
    if (message.kind === 'notice') {
      return h('div', { class: 'notice', 'data-testid': 'fl-message' }, this.linked(message.text))
    }
    if (message.kind === 'safety' || message.kind === 'safety_question') {
      return this.safety(message, live)
    }
    const mine = message.sender === 'customer'
    const row = h('div', {
      class: `row ${mine ? 'mine' : message.sender}`,
      'data-testid': 'fl-message',
      'data-sender': message.sender,
    })
    if (!mine && !together) row.append(this.author(message))
    if (message.attachment || message.text) {
      const picture = isPicture(message.attachment?.mime ?? '')
      const bubble = h('div', { class: picture ? 'bubble picture' : 'bubble' })
      if (message.attachment) bubble.append(this.attachment(message))
      if (message.text) bubble.append(this.linked(message.text))
      const time = h('time', {}, timeOfDay(message.created_at, this.language))
      row.append(h('div', { class: 'line' }, bubble, time))
    }
    if (message.buttons.length) row.append(this.buttons(message, live))
    return row
  }

  private author(message: Message): HTMLElement {
    const name = message.author || (message.sender === 'system' ? this.texts.system : '')
    return h(
      'div',
      { class: 'author' },
      name,
      message.machine && h('span', { class: 'tag' }, this.texts.machine),
    )
  }

  private safety(message: Message, live: boolean): HTMLElement {
    const { lead, steps, tail } = splitNumbered(message.text)
    const question = message.kind === 'safety_question'
    const card = h(
      'div',
      {
        class: question ? 'safety question' : 'safety',
        role: 'alert',
        'data-testid': 'fl-message',
        'data-sender': message.sender,
      },
      h(
        'div',
        { class: 'safety-title' },
        icon('shield'),
        question ? this.texts.question : this.texts.safety,
        message.machine && h('span', { class: 'tag' }, this.texts.machine),
      ),
    )
    if (lead) card.append(h('p', {}, this.linked(lead)))
    if (steps.length) card.append(h('ol', {}, ...steps.map((step, index) => h('li', {}, h('b', {}, String(index + 1), h('i', {}, '.')), ' ', step))))
    if (tail) card.append(h('p', {}, this.linked(tail)))
    if (message.buttons.length) card.append(this.buttons(message, live))
    return card
  }

  private buttons(message: Message, live: boolean): HTMLElement {
    return h(
      'div',
      { class: 'buttons' },
      ...message.buttons.map((button) =>
        h(
          'button',
          {
            type: 'button',
            'data-testid': 'fl-button',
            disabled: !live,
            onClick: () => this.actions.choose(button.payload),
          },
          button.title,
        ),
      ),
    )
  }

  private attachment(message: Message): HTMLElement {
    const { attachment } = message
    if (!attachment) return h('span')
    const url = this.chat.api.absolute(attachment.url)
    if (isPicture(attachment.mime)) {
      const open = () => this.actions.enlarge(url, attachment.name)
      return h(
        'button',
        { type: 'button', class: 'thumb', 'aria-label': this.texts.enlarge, onClick: open },
        h('img', { src: url, alt: attachment.name || this.texts.picture }),
      )
    }
    return h(
      'a',
      { class: 'file', href: url, target: '_blank', rel: 'noopener noreferrer' },
      icon('file'),
      h('span', {}, attachment.name || this.texts.file, h('small', {}, fileSize(attachment.size))),
    )
  }

  private pending(entry: Entry): HTMLElement {
    const status = this.texts[entry.state]
    const text = entry.text || entry.attachment?.name || this.texts.picture
    const retry = entry.state === 'failed' && (() => this.chat.outbox.revive())
    const remove = () => this.chat.outbox.discard(entry.client_message_id)
    return h(
      'div',
      { class: `row mine pending ${entry.state}`, 'data-testid': 'fl-message', 'data-sender': 'customer' },
      h('div', { class: 'line' }, h('div', { class: 'bubble' }, this.linked(text))),
      h(
        'div',
        { class: 'status' },
        retry ? h('button', { type: 'button', onClick: retry }, status) : h('span', {}, status),
        (entry.state === 'failed' || entry.state === 'refused') &&
          h('button', { type: 'button', onClick: remove }, this.texts.discard),
      ),
    )
  }

  private typing(): HTMLElement {
    const text = this.chat.typing === 'agent' ? this.texts.typingAgent : this.texts.typingBot
    return h('div', { class: 'typing' }, h('i'), h('i'), h('i'), text)
  }

  private linked(text: string): HTMLElement {
    const parts = splitLinks(text).map((part) =>
      part.href
        ? h('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, part.text)
        : part.text,
    )
    return h('span', {}, ...parts)
  }
}
