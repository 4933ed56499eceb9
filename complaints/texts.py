"""What complaints say to customers and colleagues. Reviewed Chinese, in one place."""

from __future__ import annotations

from complaints.model import State

REGISTERED = "您的投诉 {no} 已由{name}受理，我们会一直跟到底，有进展就告诉您。"
PROGRESS = "关于您的投诉 {no}：目前已经查明，{known}。接下来，{action}。最晚{when}再向您同步进展。"
RESOLVED = "您的投诉 {no} 已按方案处理完毕。问题解决了吗？请在进度页给我们打个分；要是还没解决，告诉我们，马上接着处理。"
REPROCESSED = "您反映问题还没有解决，投诉 {no} 已重新处理，并由主管跟进。"
REOPENED = "您的投诉 {no} 已重新打开，我们会接着处理。"
REJECTED_DUPLICATE = "您的投诉 {no} 与 {other} 是同一件事，已合并到 {other} 继续处理。"
REJECTED_NOT_OURS = "您的投诉 {no} 经核实不属于我们的受理范围：{note}"
CONFIRMED = "感谢您的确认，投诉 {no} 已办结。30 天内有任何反复，随时找我们。"

CLOCK_TITLES = {
    "first_response": "首次响应",
    "plan": "初步方案",
    "investigation": "开始调查",
    "statement": "声明框架",
    "daily_progress": "每日进展",
    "follow_up": "回访",
    "observation": "观察期",
    "second_round": "二次处理",
}
BREACHED = "投诉 {no}「{clock}」已超时"
WARNED = "投诉 {no}「{clock}」快到时限，{due} 到期"
SECOND_ROUND = "投诉 {no} 客户不满意，进入第 {round} 轮处理"
MENTIONED = "{name}在投诉 {no} 中提到了您：{text}"
ASSIGNED = "投诉 {no} 已交给您处理{note}"
CUSTOMER_SAID = "客户在投诉 {no} 中留言：{text}"
OBSERVED_COMPLAINT = "同一客户又有新投诉 {other}"
OBSERVED_CONTACT = "客户又来联系：{text}"
OBSERVED_ANGRY = "客户又来联系，情绪激动：{text}"
OBSERVED_URGENT = "客户又来联系，触发了预警：{text}"
OBSERVED_PURCHASE = "客户又下了新订单 {order_no} {product}"
OBSERVED_RATING = "客户给投诉 {no} 打了 {score} 分"
OBSERVATION_ALERT = "投诉 {no} 在观察期内出现反复：{words}"
COMPENSATION_APPROVED = "{name}批准了投诉 {no} 的赔付 {amount} 元：{reason}"
COMPENSATION_DENIED = "{name}没有批准投诉 {no} 的赔付 {amount} 元：{reason}"
DISSATISFIED = "投诉 {no} 的客户评价不满意（{score} 分）"

STATE_TITLES: dict[State, str] = {
    State.RECEIVED: "已收到，等待受理",
    State.REGISTERED: "已受理，正在核实",
    State.VERIFIED: "情况已核实，正在评估",
    State.ASSESSED: "正在制定处理方案",
    State.PLANNED: "方案已定，准备执行",
    State.AWAITING_APPROVAL: "方案正在审批",
    State.EXECUTING: "正在处理",
    State.RESOLVED: "已处理，等您确认",
    State.CONFIRMED: "已办结",
    State.ARCHIVED: "已办结归档",
    State.REJECTED: "未受理",
}
NEXT_STEPS: dict[State, str] = {
    State.RECEIVED: "客服会尽快与您联系",
    State.REGISTERED: "我们正在核实情况",
    State.VERIFIED: "我们正在判定责任和优先级",
    State.ASSESSED: "我们会给出处理方案",
    State.PLANNED: "我们会按方案开始处理",
    State.AWAITING_APPROVAL: "审批后马上执行",
    State.EXECUTING: "处理有进展会告诉您",
    State.RESOLVED: "请您确认结果并评价",
    State.CONFIRMED: "有反复随时找我们",
    State.ARCHIVED: "有反复随时找我们",
    State.REJECTED: "有新的情况可以再联系我们",
}
