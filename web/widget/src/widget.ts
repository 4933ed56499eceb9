import type { Language } from '@shared/format'
import type { Chat } from './chat'
import { h, icon } from './dom'
import { Panel } from './panel'
import css from './style.css?inline'
import { fill, textsFor, type Texts } from './texts'

const PHONE = '(max-width: 560px)'

/** Launcher and panel inside a shadow root, so that neither page nor widget restyles the other. */
export class Widget {
  private readonly texts: Texts
  private readonly host = h('div', { id: 'frontline-chat' })
  private readonly root = this.host.attachShadow({ mode: 'open' })
  private readonly launcher: HTMLButtonElement
  private readonly badge = h('span', { class: 'badge', hidden: true })
  private readonly panel: Panel
  private lightbox: HTMLElement | null = null
  private scrollLock = ''

  constructor(
    private readonly chat: Chat,
    company: string,
    language: string,
  ) {
    this.texts = textsFor(language)
    const spoken: Language = language.toLowerCase().startsWith('en') ? 'en' : 'zh-CN'
    this.host.lang = spoken
    this.launcher = h(
      'button',
      {
        type: 'button',
        class: 'launcher',
        'data-testid': 'fl-launcher',
        'aria-label': this.texts.open,
        'aria-expanded': 'false',
        onClick: () => this.toggle(),
      },
      icon('chat'),
      icon('down'),
      this.badge,
    )
    this.panel = new Panel(
      chat,
      this.texts,
      company,
      spoken,
      () => this.close(),
      (url, name) => this.enlarge(url, name),
    )
  }

  mount(): void {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    this.root.adoptedStyleSheets = [sheet]
    this.root.append(this.panel.element, this.launcher)
    document.body.append(this.host)
    this.chat.onChange(() => this.draw())
    this.root.addEventListener('keydown', (event) => this.pressed(event as KeyboardEvent))
    // A button that vanishes when pressed leaves the focus with the page's body.
    document.addEventListener('keydown', (event) => {
      if (event.target === document.body) this.pressed(event)
    })
    document.addEventListener('click', (event) => this.asked(event))
    document.addEventListener('visibilitychange', () => this.draw())
    visualViewport?.addEventListener('resize', () => this.fit())
    visualViewport?.addEventListener('scroll', () => this.fit())
    if (this.chat.started) void this.chat.begin()
    this.draw()
  }

  open(text?: string): void {
    if (text) this.panel.composer.write(text)
    if (!this.isOpen) {
      this.panel.element.hidden = false
      this.launcher.setAttribute('aria-expanded', 'true')
      this.launcher.classList.add('opened')
      this.lockScroll(true)
      this.fit()
      void this.chat.begin()
    }
    this.draw()
    this.panel.toBottom()
    // On a phone the keyboard would hide the greeting, unless there is text to go on with.
    const target = matchMedia('(hover: hover)').matches || text ? this.panel.composer.input : this.panel.element
    target.focus({ preventScroll: true })
  }

  close(): void {
    if (!this.isOpen) return
    this.panel.element.hidden = true
    this.launcher.setAttribute('aria-expanded', 'false')
    this.launcher.classList.remove('opened')
    this.lockScroll(false)
    this.launcher.focus({ preventScroll: true })
    this.draw()
  }

  private get isOpen(): boolean {
    return !this.panel.element.hidden
  }

  private toggle(): void {
    if (this.isOpen) this.close()
    else this.open()
  }

  private draw(): void {
    if (this.isOpen) {
      if (!document.hidden) this.chat.markSeen()
      this.panel.draw()
    }
    const unread = this.isOpen ? 0 : this.chat.unread
    this.badge.hidden = unread === 0
    this.badge.textContent = unread > 99 ? '99+' : String(unread)
    const label = this.isOpen ? this.texts.close : this.texts.open
    this.launcher.setAttribute(
      'aria-label',
      unread ? `${label}, ${fill(this.texts.unread, { count: unread })}` : label,
    )
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key === 'Escape' && !event.isComposing && this.isOpen) {
      event.stopPropagation()
      if (this.lightbox) this.shrink()
      else this.close()
    }
    if (event.key === 'Tab' && this.isOpen && matchMedia(PHONE).matches) this.holdFocus(event)
  }

  /** Full screen, the page behind cannot be seen, so Tab stays inside. */
  private holdFocus(event: KeyboardEvent): void {
    const stops = [
      ...this.panel.element.querySelectorAll<HTMLElement>('button:not(:disabled), textarea, a[href]'),
    ].filter((stop) => stop.offsetParent !== null)
    const edge = event.shiftKey ? stops[0] : stops.at(-1)
    if (this.root.activeElement !== edge) return
    event.preventDefault()
    ;(event.shiftKey ? stops.at(-1) : stops[0])?.focus()
  }

  private asked(event: Event): void {
    const target = event.target instanceof Element && event.target.closest('[data-frontline-ask]')
    if (!target) return
    event.preventDefault()
    this.open(target.getAttribute('data-frontline-ask') ?? undefined)
  }

  /** On a phone the panel fills what the on-screen keyboard leaves. */
  private fit(): void {
    const view = visualViewport
    if (!view || !this.isOpen) return
    const { style } = this.panel.element
    style.setProperty('--fl-height', `${view.height}px`)
    style.setProperty('--fl-top', `${view.offsetTop}px`)
    if (matchMedia(PHONE).matches) this.panel.toBottom()
  }

  private lockScroll(on: boolean): void {
    if (!matchMedia(PHONE).matches && !this.scrollLock) return
    const { style } = document.documentElement
    if (on) {
      this.scrollLock = style.overflow || 'visible'
      style.overflow = 'hidden'
    } else {
      style.overflow = this.scrollLock === 'visible' ? '' : this.scrollLock
      this.scrollLock = ''
    }
  }

  private enlarge(url: string, name: string): void {
    const shut = h(
      'button',
      { type: 'button', 'aria-label': this.texts.close, onClick: () => this.shrink() },
      icon('close'),
    )
    this.lightbox = h(
      'div',
      { class: 'lightbox', role: 'dialog', 'aria-label': name, onClick: () => this.shrink() },
      h('img', { src: url, alt: name }),
      shut,
    )
    this.root.append(this.lightbox)
    shut.focus()
  }

  private shrink(): void {
    this.lightbox?.remove()
    this.lightbox = null
    this.panel.element.focus({ preventScroll: true })
  }
}
