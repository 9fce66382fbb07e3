"""Every page of the dashboard, in the order of the navigation. A new page is one file and one line here."""

from dashboard.page import Page
from dashboard.pages import alerts, charts, device, devices, dns, health, network_map, overview, traffic

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    network_map.PAGE,
    alerts.PAGE,
    devices.PAGE,
    device.PAGE,
    dns.PAGE,
    traffic.PAGE,
    charts.PAGE,
    health.PAGE,
)
