import { createRouter, createWebHashHistory } from 'vue-router'
import { useSession } from '@/stores/session'

export const router = createRouter({
  history: createWebHashHistory('/desk/'),
  routes: [
    { path: '/sign-in', name: 'sign-in', component: () => import('@/pages/SignInPage.vue') },
    { path: '/', name: 'desk', component: () => import('@/pages/DeskPage.vue') },
    { path: '/c/:id', name: 'conversation', component: () => import('@/pages/DeskPage.vue') },
    { path: '/complaints', name: 'complaints', component: () => import('@/pages/ComplaintsPage.vue') },
    { path: '/complaints/new', name: 'complaint-new', component: () => import('@/pages/RegisterPage.vue') },
    { path: '/complaints/import', name: 'complaint-import', component: () => import('@/pages/ImportPage.vue') },
    { path: '/complaints/:no', name: 'complaint', component: () => import('@/pages/ComplaintPage.vue') },
    { path: '/approvals', name: 'approvals', component: () => import('@/pages/ApprovalsPage.vue') },
    { path: '/board', name: 'board', component: () => import('@/pages/BoardPage.vue') },
    {
      path: '/status/:no?',
      name: 'status',
      meta: { public: true },
      component: () => import('@/pages/StatusPage.vue'),
    },
    { path: '/cases', name: 'cases', component: () => import('@/pages/CaseSearchPage.vue') },
    { path: '/staff', name: 'staff', component: () => import('@/pages/StaffPage.vue') },
    { path: '/webhooks', name: 'webhooks', component: () => import('@/pages/WebhooksPage.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

const FOR_THE_DESK = new Set(['desk', 'conversation', 'complaints', 'complaint-new', 'complaint-import', 'complaint', 'approvals', 'board'])

router.beforeEach(async (to) => {
  if (to.meta.public) return true
  const session = useSession()
  await session.restore()
  if (to.name === 'sign-in') return session.staff ? { name: 'desk' } : true
  if (!session.staff) return { name: 'sign-in', query: { next: to.fullPath } }
  return FOR_THE_DESK.has(String(to.name)) && !session.atDesk ? { name: 'cases' } : true
})
