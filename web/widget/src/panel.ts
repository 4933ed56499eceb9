import type { Language } from '@shared/format'
import type { Chat } from './chat'
import { Composer } from './composer'
import { h, icon } from './dom'
import { MessageList } from './messages'
import { Rating } from './rating'
import { fill, type Texts } from './texts'

/** The open chat: head, state, messages, chips, composer. */
export class Panel {
  readonly element: HTMLElement
  readonly composer: Composer
  private readonly list: MessageList
  private readonly rating: Rating
  private readonly status = h('div', { class: 'status-line' })
  private readonly banner = h('div', { class: 'banner', role: 'status' })
  private readonly wait = h('div', { class: 'wait', role: 'status' })
  private readonly chips = h('div', { class: 'chips' })
  private readonly human: HTMLButtonElement
  private drawnChips = ''

  constructor(
    private readonly chat: Chat,
    private readonly texts: Texts,
    company: string,
    language: Language,
    close: () => void,
    private readonly lightbox: (url: string, name: string) => void,
  ) {
    this.list = new MessageList(chat, texts, language, {
      choose: (text) => this.say(text),
      enlarge: (url, name) => this.lightbox(url, name),
    })
    this.composer = new Composer(chat, texts, () => this.list.toBottom())
    this.rating = new Rating(chat, texts)
    this.human = h(
      'button',
      { type: 'button', class: 'chip human', 'data-testid': 'fl-human', onClick: () => this.askHuman() },
      icon('person'),
      h('span', {}, texts.human_),
    )
    const title = fill(texts.title, { company })
    this.element = h(
      'section',
      {
        class: 'panel',
        role: 'dialog',
        'aria-label': title,
        'data-testid': 'fl-panel',
        tabindex: -1,
        hidden: true,
      },
      h(
        'header',
        {},
        h('span', { class: 'logo', 'aria-hidden': 'true' }, company.slice(0, 1)),
        h('div', { class: 'titles' }, h('h2', {}, title), this.status),
        h(
          'button',
          { type: 'button', class: 'close', 'aria-label': texts.close, title: texts.close, onClick: close },
          icon('down'),
        ),
      ),
      this.banner,
      this.wait,
      this.list.element,
      this.chips,
      this.composer.element,
    )
  }

  draw(): void {
    const state = this.chat.conversation?.state
    this.status.textContent = this.statusText()
    this.status.dataset.state = state ?? ''
    this.drawBanner()
    this.drawWait()
    this.drawChips()
    this.rating.reset()
    this.list.draw(this.rating.shown ? this.rating.element : null)
  }

  toBottom(): void {
    this.list.toBottom()
  }

  private say(text: string): void {
    this.chat.say(text)
    this.list.toBottom()
  }

  private askHuman(): void {
    const state = this.chat.conversation?.state
    if (state !== 'queued' && state !== 'human') this.say('转人工')
  }

  private statusText(): string {
    const { conversation } = this.chat
    if (!conversation) return this.texts.connecting
    return fill(this.texts[conversation.state], { name: conversation.agent_name })
  }

  private drawBanner(): void {
    const line = this.chat.lineState
    let text = ''
    if (line === 'offline') text = this.texts.offline
    else if (this.chat.unreachable) text = this.texts.startFailed
    else if (line === 'polling') text = this.texts.polling
    else if (this.chat.resumed && this.chat.outbox.list.length > 0) text = this.texts.resumed
    this.banner.textContent = text
    this.banner.hidden = !text
  }

  private drawWait(): void {
    const { conversation } = this.chat
    const waiting = conversation?.state === 'queued' && conversation.queue_position !== null
    this.wait.hidden = !waiting
    if (!waiting || !conversation) return
    const ahead = (conversation.queue_position ?? 1) - 1
    const place = ahead > 0 ? fill(this.texts.queueAhead, { ahead }) : this.texts.queueFirst
    const minutes = conversation.wait_minutes
    const long = minutes === null ? '' : fill(this.texts.wait, { minutes })
    this.wait.replaceChildren(
      h('b', {}, place),
      h('span', {}, long),
      h('div', { class: 'progress' }, h('i')),
    )
  }

  private drawChips(): void {
    const state = this.chat.conversation?.state ?? 'bot'
    const spoke =
      this.chat.timeline.messages.some((message) => message.sender === 'customer') ||
      this.chat.outbox.list.length > 0
    const wanted = `${state} ${spoke}`
    if (wanted === this.drawnChips) return
    this.drawnChips = wanted
    const busy = state === 'queued' || state === 'human'
    const name = state === 'queued' ? 'waiting_' : state === 'human' ? 'served' : 'human_'
    this.human.querySelector('span')!.textContent = this.texts[name]
    this.human.disabled = busy
    const starters = spoke
      ? []
      : this.texts.chips.map(([label, text]) =>
          h('button', { type: 'button', class: 'chip', onClick: () => this.say(text) }, label),
        )
    this.chips.replaceChildren(this.human, ...starters)
  }
}
