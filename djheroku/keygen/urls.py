"""The site's own addresses."""

from django.urls import path

from djheroku.keygen import views

app_name = "keygen"
urlpatterns = [
    path("", views.index, name="index"),
    path("keys/", views.ask, name="ask"),
    path("keys/<uuid:pk>/", views.detail, name="detail"),
    path("keys/<uuid:pk>/card/", views.card, name="card"),
    path("keys/<uuid:pk>/retry/", views.retry, name="retry"),
    path("keys/<uuid:pk>/delete/", views.delete, name="delete"),
]
